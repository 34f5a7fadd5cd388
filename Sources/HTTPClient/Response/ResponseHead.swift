import HTTPTypes

/// The status line and the fields of an answer.
struct ResponseHead: Sendable, Equatable {
    let version: String
    let status: HTTPStatus
    var headers = HTTPHeaders()

    /// The body's length in bytes, where the server announced it.
    var contentLength: Int? { headers["Content-Length"].flatMap { Int($0) } }
}
