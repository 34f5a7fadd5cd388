package import HTTPTypes

/// What a handler answers.
package struct HTTPServerResponse: Sendable {
    /// What follows the head.
    package enum Body: Sendable {
        case bytes([UInt8])
        /// Sent as it comes, in chunks, until the stream ends. The stream is cancelled when the client has gone, which is
        /// seen at the next chunk.
        case stream(AsyncStream<[UInt8]>)
        /// Sent as it comes from `next`, which is called again and again and answers nil at the end. An error breaks the
        /// connection off, so that the client sees that the body is not whole. With a `length` it is announced to the
        /// client (and what comes beyond it is dropped); without it is sent in chunks.
        case pull(length: Int?, next: @Sendable () async throws -> [UInt8]?)
        /// No answer at all: the connection is cut.
        case abort
    }

    /// 200...999; others are answered 500.
    package var status: HTTPStatus { didSet { prepared = nil } }
    /// Without Content-Length and Transfer-Encoding, which the server sets. "Connection: close" closes the connection
    /// behind the answer.
    package var headers: HTTPHeaders { didSet { prepared = nil } }
    package var content: Body { didSet { prepared = nil } }
    /// The route's pattern for the metrics, set by ``HTTPRouter``.
    package var route: String?
    /// libmicrohttpd's copy, of an answer that is given again and again.
    private(set) var prepared: PreparedAnswer?

    package init(_ status: HTTPStatus = .ok, headers: HTTPHeaders = [:], body: [UInt8] = []) {
        self.init(status, headers: headers, content: .bytes(body))
    }

    package init(_ status: HTTPStatus, headers: HTTPHeaders, content: Body) {
        self.status = status
        self.headers = headers
        self.content = content
    }

    /// The same answer, to be kept and given again and again: libmicrohttpd's copy of it is made once. Its body is bytes.
    package func kept() -> HTTPServerResponse {
        var response = self
        response.prepared = PreparedAnswer()
        return response
    }

    /// The body's bytes; empty for a stream.
    package var body: [UInt8] {
        get { if case .bytes(let bytes) = content { bytes } else { [] } }
        set { content = .bytes(newValue) }
    }

    /// Plain text.
    package static func text(_ text: String, _ status: HTTPStatus = .ok) -> HTTPServerResponse {
        HTTPServerResponse(
            status, headers: ["Content-Type": "text/plain; charset=utf-8"], body: Array(text.utf8))
    }

    /// Plain text, the status first.
    package static func text(_ status: HTTPStatus, _ text: String) -> HTTPServerResponse { .text(text, status) }

    /// Bytes that are JSON.
    package static func json(_ bytes: [UInt8], _ status: HTTPStatus = .ok) -> HTTPServerResponse {
        HTTPServerResponse(status, headers: ["Content-Type": "application/json"], body: bytes)
    }

    /// Bytes that are JSON, the status first.
    package static func json(_ status: HTTPStatus, _ bytes: [UInt8]) -> HTTPServerResponse { .json(bytes, status) }

    /// A body that is sent as it comes.
    package static func stream(
        _ chunks: AsyncStream<[UInt8]>, _ status: HTTPStatus = .ok, headers: HTTPHeaders = [:]
    ) -> HTTPServerResponse {
        HTTPServerResponse(status, headers: headers, content: .stream(chunks))
    }

    /// An answer the server gives in a handler's place, behind which the connection is closed.
    static func refusal(_ status: HTTPStatus, _ reason: String) -> HTTPServerResponse {
        var response = HTTPServerResponse.text("\(reason)\n", status)
        response.headers["Connection"] = "close"
        return response
    }

    /// Cuts the connection without an answer.
    package static let abort = HTTPServerResponse(.ok, headers: [:], content: .abort)
}
