import Concurrency
import HTTPServer
package import Observability

/// A Bot API server for development, tests and demonstrations: bots call it and get updates as from Telegram, and a control
/// API plays the users. No Telegram account is needed. `docs/simulator.md` describes it.
package final class Simulator: Service {
    package let name = "simulator"

    private let core: SimulatorCore
    private let api: HTTPServer
    private let control: HTTPServer
    private let health = HealthRegistry()
    private let logger: Logger
    private let hasStopped = Locked(false)
    let controls: SimulatorControl

    /// - Throws: ``SimulatorError`` when the configuration makes no sense, or what the HTTP client throws.
    package init(_ configuration: SimulatorConfiguration, logger: Logger, metrics: MetricsRegistry) throws {
        guard configuration.timeScale > 0 else {
            throw SimulatorError(.invalid, "the time scale must be above 0; 1 is real time")
        }
        self.logger = logger
        core = try SimulatorCore(configuration, metrics: SimulatorMetrics(metrics))
        controls = SimulatorControl(core: core)
        health.register("listeners", waitingFor: "the ports to be bound")
        var settings = HTTPServer.Configuration(
            host: configuration.host, port: configuration.apiPort, threads: configuration.threads,
            // Telegram takes files of 50 MB from bots.
            maxBodyBytes: 64 << 20, idleTimeout: .seconds(120),
            // Long polls wait 50 s and faults hold answers back for up to 10 minutes.
            handlerTimeout: .seconds(700), shutdownTimeout: .seconds(2))
        api = HTTPServer(
            settings, name: "bot API", logger: logger, metrics: metrics, router: BotAPIServer(core: core).router)
        settings.port = configuration.controlPort
        control = HTTPServer(
            settings, name: "control API", logger: logger, metrics: metrics,
            router: ControlServer(simulator: controls, health: health, metrics: metrics).router)
    }

    /// Binds both listeners. Done by ``run()`` when it has not been done; needed only to know the ports before.
    package func start() throws {
        try api.start()
        try control.start()
        health.markReady("listeners")
        logger.info("simulator listens", ["api_port": .int(Int(api.port)), "control_port": .int(Int(control.port))])
    }

    /// The Bot API's port, once started.
    package var apiPort: UInt16 { api.port }
    /// The control API's port, once started.
    package var controlPort: UInt16 { control.port }
    /// The Bot API's URL for clients on this machine, once started.
    package var apiURL: String { "http://127.0.0.1:\(api.port)" }

    package func run() async throws {
        do {
            try start()
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await self.api.run() }
                group.addTask { try await self.control.run() }
                group.addTask { await self.core.run() }
                try await group.waitForAll()
            }
        } catch  where hasStopped.withLock({ $0 }) {
            // A listener that is asked to stop before it runs says that it cannot start again; the end was wanted.
        }
    }

    package func shutdown() async {
        hasStopped.withLock { $0 = true }
        health.markNotReady("listeners", reason: "shutting down")
        core.release()
        await api.shutdown()
        await control.shutdown()
        await core.stop()
    }
}
