/// The events of one watch, objects undecoded. Iterate it once; ending the iteration closes the connection.
package struct RawWatchStream: AsyncSequence, Sendable {
    package typealias Element = RawWatchEvent

    let chunks: AsyncThrowingStream<[UInt8], any Error>

    package func makeAsyncIterator() -> Iterator { Iterator(chunks: chunks.makeAsyncIterator()) }

    package struct Iterator: AsyncIteratorProtocol {
        var chunks: AsyncThrowingStream<[UInt8], any Error>.Iterator
        private var framing = WatchFraming()
        /// The events of the chunk at hand that were not yet asked for, the next one last.
        private var pending: [[UInt8]] = []

        init(chunks: AsyncThrowingStream<[UInt8], any Error>.Iterator) { self.chunks = chunks }

        /// - Returns: `nil` once the server has ended the watch, or nothing came for the idle time-out.
        package mutating func next() async throws -> RawWatchEvent? {
            while true {
                while let line = pending.popLast() {
                    if let event = try RawWatchEvent.parse(line: line) { return event }
                }
                guard let chunk = try await chunks.next(isolation: #isolation) else {
                    guard !framing.holdsPartialLine else {
                        throw KubernetesError(
                            .transport, "The watch was cut in the middle of an event.", requestWasSent: true)
                    }
                    return nil
                }
                pending = try framing.append(chunk).reversed()
            }
        }
    }
}
