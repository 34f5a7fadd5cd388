import HTTPTypes

/// A request found fit to be sent.
struct PreparedRequest: Sendable {
    let method: HTTPMethod
    let target: RequestTarget
    let fields: RequestFields
    let body: HTTPRequest.Body
    let timeout: Duration?
    let idleTimeout: Duration?

    /// The name the certificate is for, when it is not the URL's host.
    let serverName: String?

    init(_ request: HTTPRequest, serverName: String?) throws(HTTPClientError) {
        target = try RequestTarget(request.url)
        guard !request.method.rawValue.isEmpty, request.method.rawValue.utf8.allSatisfy(RequestFields.isTokenByte)
        else { throw HTTPClientError(.invalidRequest, "the request's method is not a token of RFC 9110") }
        if case .stream(let length?, _) = request.body, length < 0 {
            throw HTTPClientError(.invalidRequest, "the length of the request's body is negative")
        }
        let serverName = target.isTLS && serverName != target.host ? serverName : nil
        fields = try RequestFields(request.headers, host: serverName == nil ? nil : target.authority)
        self.serverName = serverName
        method = request.method
        body = request.body
        timeout = request.timeout
        idleTimeout = request.idleTimeout
    }

    /// Whether the client may send the request once more by itself when a kept-alive connection turns out to be dead.
    var canRepeat: Bool {
        if case .stream = body { return false }
        return method.isIdempotent
    }
}
