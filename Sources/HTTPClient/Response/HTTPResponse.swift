package import HTTPTypes

/// A complete answer.
package struct HTTPResponse: Sendable {
    package let status: HTTPStatus
    package let headers: HTTPHeaders
    package let body: [UInt8]

    /// The protocol's version: `1.0`, `1.1` or `2`.
    package let version: String

    package init(status: HTTPStatus, headers: HTTPHeaders, body: [UInt8], version: String) {
        self.status = status
        self.headers = headers
        self.body = body
        self.version = version
    }
}
