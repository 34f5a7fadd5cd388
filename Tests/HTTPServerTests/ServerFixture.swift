import Concurrency
import HTTPServer
import HTTPTypes
import Observability
import Testing

/// Runs `body` against a started server and shuts it down, whatever happened.
func withServer(
    _ configuration: HTTPServer.Configuration = HTTPServer.Configuration(), metrics: MetricsRegistry? = nil,
    handler: @escaping HTTPServer.Handler, _ body: (HTTPServer) async throws -> Void
) async throws {
    try await withServer(
        HTTPServer(configuration, name: "test", logger: .silent, metrics: metrics, handler: handler), body)
}

/// Starts a server, runs `body` against it and shuts it down, whatever happened.
func withServer(_ server: HTTPServer, _ body: (HTTPServer) async throws -> Void) async throws {
    try server.start()
    do {
        try await body(server)
    } catch {
        await server.shutdown()
        throw error
    }
    await server.shutdown()
}

/// Polls until `condition` holds; fails after 20 seconds.
func eventually(
    _ what: String, sourceLocation: SourceLocation = #_sourceLocation, _ condition: () -> Bool
) async {
    for _ in 0..<2000 {
        if condition() { return }
        guard await sleepUnlessCancelled(for: .milliseconds(10)) else { return }
    }
    Issue.record("never happened: \(what)", sourceLocation: sourceLocation)
}

/// A gate that handlers wait at.
final class Gate: Sendable {
    private struct State {
        var isOpen = false
        var waiting: [CheckedContinuation<Void, Never>] = []
        var arrived = 0
    }

    private let state = Locked(State())

    var arrived: Int { state.withLock { $0.arrived } }

    func pass() async {
        await withCheckedContinuation { continuation in
            let isOpen = state.withLock { state in
                state.arrived += 1
                if !state.isOpen { state.waiting.append(continuation) }
                return state.isOpen
            }
            if isOpen { continuation.resume() }
        }
    }

    func open() {
        let waiting = state.withLock { state in
            state.isOpen = true
            defer { state.waiting = [] }
            return state.waiting
        }
        waiting.forEach { $0.resume() }
    }
}
