package import HTTPTypes

/// A request, complete with its body unless that is streamed.
package struct HTTPServerRequest: Sendable {
    package let method: HTTPMethod
    /// The target as it came: "//drain?reason=%20".
    package let target: String
    /// The target's path, decoded and without the query; several slashes at its beginning are one.
    package let path: String
    /// The query's parameters, decoded, in their order.
    package let query: [(name: String, value: String)]
    package let headers: HTTPHeaders
    /// Empty when the body comes by ``stream``.
    package let body: [UInt8]
    /// The body while it comes; `nil` when it is there, in ``body``.
    package var stream: HTTPServerBody?
    /// The peer's IP address without its port; empty when there is none.
    package let remoteAddress: String
    /// What the route's pattern named: `["bot": "shop"]`.
    package var parameters: [String: String] = [:]
    /// ``path`` before decoding: what routes are matched against, so that "%2F" does not end a segment.
    let encodedPath: String

    package init(
        method: HTTPMethod, target: String, headers: HTTPHeaders = [:], body: [UInt8] = [],
        remoteAddress: String = ""
    ) {
        let parts = RequestTarget(target)
        self.method = method
        self.target = target
        self.headers = headers
        self.body = body
        self.remoteAddress = remoteAddress
        path = parts.path
        query = parts.query
        encodedPath = parts.encodedPath
    }

    /// The first query parameter of that name.
    package func query(_ name: String) -> String? {
        query.first { $0.name == name }?.value
    }
}
