import HTTPTypes

/// A node of the router's tree: what may follow one segment of a path.
struct RouteNode: Sendable {
    /// The handlers of one pattern.
    struct Endpoint: Sendable {
        let pattern: String
        var handlers: [HTTPMethod: HTTPRouter.Handler] = [:]
        var callbacks: [HTTPMethod: HTTPServer.CallbackHandler] = [:]
        /// Answers every method without a handler of its own.
        var any: HTTPRouter.Handler?
    }

    /// A path that fits a pattern.
    struct Match: Sendable {
        let endpoint: Endpoint
        var parameters: [String: String] = [:]
    }

    private struct Edge: Sendable {
        let prefix: String
        let name: String
        var node: RouteNode
    }

    private var literals: [String: RouteNode] = [:]
    /// The longest prefix first.
    private var edges: [Edge] = []
    private var rest: (name: String, endpoint: Endpoint)?
    private var endpoint: Endpoint?

    /// Changes the endpoint of a pattern, making it when it is new.
    mutating func update(
        _ pattern: RoutePattern, _ segments: ArraySlice<RoutePattern.Segment>, _ change: (inout Endpoint) -> Void
    ) {
        guard let first = segments.first else {
            var new = endpoint ?? Endpoint(pattern: pattern.text)
            change(&new)
            endpoint = new
            return
        }
        switch first {
        case .literal(let text):
            literals[text, default: RouteNode()].update(pattern, segments.dropFirst(), change)
        case .parameter(let prefix, let name):
            if let known = edges.firstIndex(where: { $0.prefix == prefix && $0.name == name }) {
                edges[known].node.update(pattern, segments.dropFirst(), change)
            } else {
                var edge = Edge(prefix: prefix, name: name, node: RouteNode())
                edge.node.update(pattern, segments.dropFirst(), change)
                edges.append(edge)
                edges.sort { $0.prefix.utf8.count > $1.prefix.utf8.count }
            }
        case .rest(let name):
            var new = rest?.endpoint ?? Endpoint(pattern: pattern.text)
            change(&new)
            rest = (name: name, endpoint: new)
        }
    }

    /// The endpoint for the segments of an encoded path; literals win over parameters, those over a catch-all.
    func match(_ segments: ArraySlice<Substring>) -> Match? {
        guard let first = segments.first else { return endpoint.map { Match(endpoint: $0) } }
        let text = RequestTarget.decode(String(first))
        if let found = literals[text]?.match(segments.dropFirst()) { return found }
        for edge in edges where text.hasPrefix(edge.prefix) && text.utf8.count > edge.prefix.utf8.count {
            guard var found = edge.node.match(segments.dropFirst()) else { continue }
            found.parameters[edge.name] = edge.prefix.isEmpty ? text : String(text.dropFirst(edge.prefix.count))
            return found
        }
        return rest.map { rest in
            let text = RequestTarget.decode(segments.joined(separator: "/"))
            return Match(endpoint: rest.endpoint, parameters: [rest.name: text])
        }
    }
}
