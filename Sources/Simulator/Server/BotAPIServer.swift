import HTTPServer
import HTTPTypes

/// Puts the Bot API on HTTP: `/bot<token>/<method>` and `/file/bot<token>/<path>`.
struct BotAPIServer: Sendable {
    let core: SimulatorCore

    /// The routes; a token's colon may be percent-encoded.
    var router: HTTPRouter {
        var router = HTTPRouter()
        router.get("/bot:token/*method") { await call($0) }
        router.post("/bot:token/*method") { await call($0) }
        router.get("/file/bot:token/*path") { file($0) }
        router.fallback = { _ in Self.response(.failure(.notFound)) }
        return router
    }

    private func call(_ request: HTTPServerRequest) async -> HTTPServerResponse {
        let token = request.parameters["token"] ?? ""
        let method = request.parameters["method"] ?? ""
        let arguments: APIArguments
        do {
            arguments = try APIArguments.parse(
                query: request.query.map { ($0.name, $0.value) }, contentType: request.headers["Content-Type"] ?? "",
                body: request.body)
        } catch {
            return Self.response(.failure(error))
        }
        return Self.response(await core.call(APICall(token: token, method: method, arguments: arguments)))
    }

    private func file(_ request: HTTPServerRequest) -> HTTPServerResponse {
        let found = core.file(token: request.parameters["token"] ?? "", path: request.parameters["path"] ?? "")
        guard let found else { return Self.response(.failure(.notFound)) }
        return HTTPServerResponse(.ok, headers: ["Content-Type": "application/octet-stream"], body: found)
    }

    private static func response(_ reply: APIReply) -> HTTPServerResponse {
        if reply.isCut { return .abort }
        var response = HTTPServerResponse(
            HTTPStatus(rawValue: reply.status), headers: ["Content-Type": reply.contentType], body: reply.body)
        if let seconds = reply.retryAfter { response.headers["Retry-After"] = "\(seconds)" }
        return response
    }
}
