import HTTPClient

/// The events of one watch, objects undecoded. Iterate it once; ending the iteration closes the connection.
package struct RawWatchStream: AsyncSequence, Sendable {
    package typealias Element = RawWatchEvent

    let body: HTTPBodyStream
    /// For messages: "GET /api/v1/secrets".
    let request: String
    let server: String

    package func makeAsyncIterator() -> Iterator {
        Iterator(chunks: body.makeAsyncIterator(), request: request, server: server)
    }

    package struct Iterator: AsyncIteratorProtocol {
        private var chunks: HTTPBodyStream.Iterator
        private let request: String
        private let server: String
        private var framing = WatchFraming()
        /// The events of the chunk at hand that were not yet asked for, the next one last.
        private var pending: [[UInt8]] = []

        init(chunks: HTTPBodyStream.Iterator, request: String, server: String) {
            self.chunks = chunks
            self.request = request
            self.server = server
        }

        /// - Returns: `nil` once the server has ended the watch, or nothing came for the idle time-out.
        package mutating func next() async throws -> RawWatchEvent? {
            while true {
                while let line = pending.popLast() {
                    if let event = try RawWatchEvent.parse(line: line) { return event }
                }
                guard let chunk = try await nextChunk() else {
                    guard !framing.holdsPartialLine else {
                        throw KubernetesError(
                            .transport, "The watch \(request) on \(server) was cut in the middle of an event.",
                            requestWasSent: true)
                    }
                    return nil
                }
                pending = try framing.append(chunk).reversed()
            }
        }

        private mutating func nextChunk() async throws -> [UInt8]? {
            do {
                return try await chunks.next()
            } catch let error as HTTPClientError where error.code == .timedOut {
                // Silence is no error: the next watch shows whether the server is still there.
                return nil
            } catch {
                throw KubernetesClient.translate(error, "The watch \(request)", server)
            }
        }
    }
}
