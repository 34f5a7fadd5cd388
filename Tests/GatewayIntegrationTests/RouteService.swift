import Concurrency
import Foundation
import HTTPServer
import HTTPTypes
import JSON
import Observability

/// An HTTP service that routes lead to: it keeps what it was asked and answers as a test says.
final class RouteService: Sendable {
    /// A request.
    struct Call: Sendable {
        let path: String
        let headers: HTTPHeaders
        let body: JSONValue
    }

    private let state = Locked<[Call]>([])
    private let server: HTTPServer
    private let running: Task<Void, any Error>

    /// - Parameter answer: a JSON text; no text is 204.
    init(_ answer: @escaping @Sendable (Call) async -> (HTTPStatus, String)) throws {
        let state = state
        server = HTTPServer(
            HTTPServer.Configuration(host: "127.0.0.1", port: 0), name: "route service", logger: .silent
        ) { request in
            let body = try? JSONDecoder().decode(JSONValue.self, from: Data(request.body))
            let call = Call(path: request.path, headers: request.headers, body: body ?? .null)
            state.withLock { $0.append(call) }
            let (status, text) = await answer(call)
            return .json(status, Array(text.utf8))
        }
        try server.start()
        let server = server
        running = Task { try await server.run() }
    }

    deinit { running.cancel() }

    var url: String { "http://127.0.0.1:\(server.port)" }

    /// What it was asked so far.
    var calls: [Call] { state.withLock { $0 } }

    func stop() async { await server.shutdown() }
}
