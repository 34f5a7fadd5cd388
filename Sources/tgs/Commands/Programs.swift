import Concurrency
import Glibc
import HTTPServer
import Observability

/// Runs the services of a part until a signal or a failure.
enum Programs {
    static func run(_ services: [any Service], logger: Logger) async throws {
        let group = ServiceGroup(services) { event in
            switch event {
            case .started, .stopping, .stopped: break
            case .signalled(let number): logger.info("shutting down", ["signal": .int(Int(number))])
            case .cancelled(let name, let after):
                logger.warning("did not end in time", ["service": .string(name), "seconds": .double(after.seconds)])
            case .failed(let name, let error):
                logger.error("failed", ["service": .string(name), "error": .string("\(error)")])
            }
        }
        try await group.run()
        logger.info("stopped")
    }
}

/// The server of /health, /ready and /metrics.
enum ProbeServer {
    struct Settings {
        let host: String
        let port: UInt16

        init(_ values: OptionValues) throws {
            host = try values.string("host")
            port = try values.port("health-port")
        }
    }

    static func make(
        _ settings: Settings, health: HealthRegistry, metrics: MetricsRegistry, logger: Logger
    ) -> HTTPServer {
        var router = HTTPRouter()
        router.probeRoutes(health: health, metrics: metrics)
        return HTTPServer(
            HTTPServer.Configuration(host: settings.host, port: settings.port, threads: 1), name: "probes",
            logger: logger, router: router)
    }
}

/// Who this process is.
enum ProcessIdentity {
    /// In a pod this is the pod's name.
    static var hostName: String {
        var buffer = [CChar](repeating: 0, count: 256)
        guard gethostname(&buffer, buffer.count - 1) == 0 else { return "unknown" }
        return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
