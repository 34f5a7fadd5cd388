package import HTTPTypes

/// Finds a request's handler by method and path.
///
/// Patterns: "/health", "/webhook/:bot", "/bot:token/:method" (a parameter behind a fixed beginning), "/file/*path"
/// (all that is left). A path without a pattern is answered 404, a method without a handler 405 with `Allow`; HEAD is
/// answered by GET's handler unless it has one of its own.
package struct HTTPRouter: Sendable {
    package typealias Handler = HTTPServer.Handler

    /// A handler that answers by a callback, with what its route made of the request.
    struct Callback: Sendable {
        let handler: HTTPServer.CallbackHandler
        let parameters: [String: String]
        let pattern: String

        func call(_ request: HTTPServerRequest, _ answer: @escaping @Sendable (HTTPServerResponse) -> Void) {
            var request = request
            request.parameters = parameters
            handler(request) { [pattern] response in
                var response = response
                response.route = pattern
                answer(response)
            }
        }
    }

    private var root = RouteNode()
    /// Whether any handler answers by a callback.
    private(set) var hasCallbacks = false
    /// Answers paths no pattern fits, in place of the plain 404.
    package var fallback: Handler?

    package init() {}

    /// Adds a handler; one that was there for the same method and pattern is replaced.
    package mutating func on(_ method: HTTPMethod, _ pattern: String, _ handler: @escaping Handler) {
        let pattern = RoutePattern(pattern)
        root.update(pattern, pattern.segments[...]) { $0.handlers[method] = handler }
    }

    /// Adds a handler that answers by a callback.
    package mutating func on(_ method: HTTPMethod, _ pattern: String, callback: @escaping HTTPServer.CallbackHandler) {
        let pattern = RoutePattern(pattern)
        root.update(pattern, pattern.segments[...]) { $0.callbacks[method] = callback }
        hasCallbacks = true
    }

    /// Adds a handler for all methods that have none of their own.
    package mutating func any(_ pattern: String, _ handler: @escaping Handler) {
        let pattern = RoutePattern(pattern)
        root.update(pattern, pattern.segments[...]) { $0.any = handler }
    }

    package mutating func get(_ pattern: String, _ handler: @escaping Handler) { on(.get, pattern, handler) }
    package mutating func post(_ pattern: String, _ handler: @escaping Handler) { on(.post, pattern, handler) }
    package mutating func put(_ pattern: String, _ handler: @escaping Handler) { on(.put, pattern, handler) }
    package mutating func patch(_ pattern: String, _ handler: @escaping Handler) { on(.patch, pattern, handler) }
    package mutating func delete(_ pattern: String, _ handler: @escaping Handler) { on(.delete, pattern, handler) }

    /// What answers a request by a callback; `nil`: ``handle(_:)`` does.
    func callback(for request: HTTPServerRequest) -> Callback? {
        guard let match = root.match(RoutePattern.split(request.encodedPath)[...]),
            let handler = match.endpoint.callbacks[request.method]
        else { return nil }
        return Callback(handler: handler, parameters: match.parameters, pattern: match.endpoint.pattern)
    }

    /// Answers a request by its route, unless ``callback(for:)`` does.
    package func handle(_ request: HTTPServerRequest) async -> HTTPServerResponse {
        guard let match = root.match(RoutePattern.split(request.encodedPath)[...]) else {
            return await fallback?(request) ?? .text("not found\n", .notFound)
        }
        let endpoint = match.endpoint
        let handler =
            endpoint.handlers[request.method]
            ?? (request.method == .head ? endpoint.handlers[.get] : nil) ?? endpoint.any
        guard let handler else { return Self.methodNotAllowed(endpoint) }
        var request = request
        request.parameters = match.parameters
        var response = await handler(request)
        response.route = endpoint.pattern
        return response
    }

    private static func methodNotAllowed(_ endpoint: RouteNode.Endpoint) -> HTTPServerResponse {
        var methods = Set((Array(endpoint.handlers.keys) + Array(endpoint.callbacks.keys)).map(\.rawValue))
        if methods.contains("GET") { methods.insert("HEAD") }
        var response = HTTPServerResponse.text("method not allowed\n", .methodNotAllowed)
        response.headers["Allow"] = methods.sorted().joined(separator: ", ")
        response.route = endpoint.pattern
        return response
    }
}
