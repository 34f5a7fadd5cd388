/// The body of an answer, chunk by chunk as it arrives; read once, by one task.
///
/// Only a bounded part is kept: when the reader is slow the server has to wait. The transfer is cancelled when the
/// iteration ends early, when nobody holds the stream any more, or by ``cancel()``.
package struct HTTPBodyStream: AsyncSequence, Sendable {
    package typealias Element = [UInt8]

    private let lease: Lease

    init(_ exchange: Exchange) { lease = Lease(exchange) }

    package func makeAsyncIterator() -> Iterator { Iterator(Lease(lease.exchange, beneath: lease)) }

    /// Ends the transfer; a reader gets an ``HTTPClientError`` with the code `cancelled`. Nothing happens at its end.
    package func cancel() { lease.exchange.cancel() }

    /// Yields what has arrived since the last call, never an empty chunk. Throws ``HTTPClientError``.
    package struct Iterator: AsyncIteratorProtocol {
        private let lease: Lease

        fileprivate init(_ lease: Lease) { self.lease = lease }

        package mutating func next() async throws -> [UInt8]? {
            switch try await lease.exchange.next() {
            case .chunk(let bytes): bytes
            case .head, .whole, .end: nil
            }
        }
    }

    /// Cancels the transfer when the last one who holds it lets go.
    fileprivate final class Lease: Sendable {
        let exchange: Exchange
        /// The stream's own lease, which must outlive the iterator's.
        private let beneath: Lease?

        init(_ exchange: Exchange, beneath: Lease? = nil) {
            self.exchange = exchange
            self.beneath = beneath
        }

        deinit { exchange.cancel() }
    }
}
