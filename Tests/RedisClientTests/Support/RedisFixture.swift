import Concurrency
import Foundation
import Observability
import RedisClient
import TestRig

/// A client of a server, its metrics and what it has logged.
struct RedisFixture: Sendable {
    let client: RedisClient
    let metrics: MetricsRegistry
    let lines: Locked<[String]>

    init(_ url: String, settings: RedisSettings = .patient) throws {
        let metrics = MetricsRegistry()
        let lines = Locked<[String]>([])
        self.metrics = metrics
        self.lines = lines
        let logger = Logger(label: "test", level: .info, sink: { line in lines.withLock { $0.append(line) } })
        client = try RedisClient(url: RedisURL(url), settings: settings, logger: logger, metrics: metrics)
    }

    /// How many commands ended so.
    func count(_ result: String) -> Int {
        Int(metrics.counter("redis_commands_total", help: "", labels: ["result"]).value([result]))
    }

    var reconnects: Int { Int(metrics.counter("redis_reconnects_total", help: "").value()) }

    var connectedGauge: Double { metrics.gauge("redis_connected", help: "").value() }

    func logged(_ text: String) -> Int { lines.withLock { $0.count { $0.contains(text) } } }
}

/// Runs `body` with a server of its own and a client that is connected to it.
func withRedis(
    password: String? = nil, settings: RedisSettings = .patient,
    _ body: @Sendable (RedisServer, RedisFixture) async throws -> Void
) async throws {
    try await RedisServer.with(password: password) { server in
        let fixture = try RedisFixture(server.url, settings: settings)
        do {
            try await waitUntil("the client is connected") { fixture.client.isConnected }
            try await body(server, fixture)
            await fixture.client.close()
        } catch {
            await fixture.client.close()
            throw error
        }
    }
}

extension RedisSettings {
    /// Time-outs that a loaded machine keeps, for tests that are not about time.
    static var patient: RedisSettings {
        var settings = RedisSettings()
        settings.timeout = .seconds(30)
        settings.connectTimeout = .seconds(30)
        settings.longestPause = .milliseconds(200)
        return settings
    }

    /// For tests in which the server does not answer.
    static var impatient: RedisSettings {
        var settings = RedisSettings.patient
        settings.timeout = .milliseconds(300)
        settings.connectTimeout = .milliseconds(300)
        return settings
    }
}

/// What did not come true.
struct NotYet: Error, CustomStringConvertible {
    let description: String
}

/// Waits half a minute at most.
func waitUntil(_ what: String, _ condition: () async -> Bool) async throws {
    let deadline = ContinuousClock.now + .seconds(30)
    while await !condition() {
        guard ContinuousClock.now < deadline else { throw NotYet(description: "not within 30 s: \(what)") }
        try await Task.sleep(for: .milliseconds(10))
    }
}

/// What a call fails with; `nil` when it does not.
func failure(_ body: () async throws -> some Sendable) async -> RedisError? {
    do {
        _ = try await body()
        return nil
    } catch {
        return error as? RedisError
    }
}
