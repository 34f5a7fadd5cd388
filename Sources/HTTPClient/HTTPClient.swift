import HTTPTypes

/// An HTTP/1.1 and HTTP/2 client over libcurl.
///
/// One thread moves the bytes of all requests; connections are kept and shared. Redirects are not followed, cookies not
/// kept, and no proxy is used unless configured. All errors are ``HTTPClientError``.
package final class HTTPClient: Sendable {
    private let configuration: Configuration
    private let loop: LoopThread

    package init(_ configuration: Configuration = Configuration()) throws(HTTPClientError) {
        try configuration.validate()
        self.configuration = configuration
        loop = try LoopThread(configuration)
    }

    /// Sends the request and returns the whole answer, whatever its status. Cancelling the task ends the transfer and closes
    /// its connection.
    package func execute(_ request: HTTPRequest) async throws -> HTTPResponse {
        let exchange = try begin(request, .whole(limit: configuration.maxResponseBytes))
        guard case .whole(let head, let body) = try await exchange.next() else {
            throw HTTPClientError(.other, "the answer came in an unexpected order", requestWasSent: true)
        }
        return HTTPResponse(status: head.status, headers: head.headers, body: body, version: head.version)
    }

    /// Sends the request and returns as soon as the answer's head is there; the body follows as the reader takes it. The
    /// body has no limit but the request's time-outs, which go on to its end.
    package func stream(_ request: HTTPRequest) async throws -> HTTPStreamingResponse {
        let exchange = try begin(request, .streamed(capacity: configuration.streamBufferBytes))
        let body = HTTPBodyStream(exchange)
        guard case .head(let head) = try await exchange.next() else {
            throw HTTPClientError(.other, "the answer came in an unexpected order", requestWasSent: true)
        }
        return HTTPStreamingResponse(status: head.status, headers: head.headers, version: head.version, body: body)
    }

    /// Ends all that is under way with errors of the code `shutDown`, closes the connections and ends the thread. Requests
    /// made later get the same error. May be called more than once.
    package func shutdown() async {
        await loop.shutdown()
    }

    private func begin(_ request: HTTPRequest, _ delivery: ResponseDelivery) throws(HTTPClientError) -> Exchange {
        let prepared = try PreparedRequest(request, serverName: configuration.tls.serverName)
        let exchange = Exchange(
            prepared, delivery: delivery, uploadBufferBytes: configuration.streamBufferBytes, loop: loop)
        if Task.isCancelled { exchange.cancel() } else { exchange.start() }
        return exchange
    }
}
