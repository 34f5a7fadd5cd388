/// The buffer between a stream's producer and the connection that sends it, and who of the two waits for the other.
struct StreamState: Sendable {
    /// What the connection's thread finds.
    enum Supply: Equatable {
        /// So many bytes were copied.
        case bytes(Int)
        case nothingYet
        case end
        /// The stream is to be broken off.
        case cut
    }

    /// The producer waits above it, and goes on when half is sent.
    static let highWater = 262_144

    private var buffer: [UInt8] = []
    private var sent = 0
    private var hasEnded = false
    private var isCut = false
    private var isSuspended = false
    private var producer: CheckedContinuation<Void, Never>?

    private var waiting: Int { buffer.count - sent }

    /// Moves what fits into `target`; also who is to be resumed because there is room again.
    mutating func read(into target: UnsafeMutableRawBufferPointer) -> (Supply, CheckedContinuation<Void, Never>?) {
        if isCut { return (.cut, takeProducer()) }
        let count = min(target.count, waiting)
        guard count > 0 else { return (hasEnded ? .end : .nothingYet, nil) }
        unsafe target.copyBytes(from: buffer[sent..<sent + count])
        sent += count
        if sent == buffer.count {
            buffer.removeAll(keepingCapacity: true)
            sent = 0
        }
        return (.bytes(count), waiting <= Self.highWater / 2 ? takeProducer() : nil)
    }

    /// The connection has just been suspended for want of bytes. False when there is something meanwhile.
    mutating func suspended() -> Bool {
        guard waiting == 0, !hasEnded, !isCut else { return false }
        isSuspended = true
        return true
    }

    /// Adds a chunk. True when the caller must resume the connection.
    mutating func append(_ chunk: [UInt8]) -> Bool {
        guard !isCut, !chunk.isEmpty else { return false }
        if sent > 0 {
            buffer.removeFirst(sent)
            sent = 0
        }
        buffer += chunk
        return takeSuspension()
    }

    /// No more chunks. True when the caller must resume the connection.
    mutating func end() -> Bool {
        hasEnded = true
        return takeSuspension()
    }

    /// Breaks the stream off: whether the connection must be resumed, and the producer to be.
    mutating func cut() -> (Bool, CheckedContinuation<Void, Never>?) {
        isCut = true
        return (takeSuspension(), takeProducer())
    }

    /// Has the producer wait for room. False when there is some, or nobody reads any more.
    mutating func park(_ continuation: CheckedContinuation<Void, Never>) -> Bool {
        guard !isCut, waiting > Self.highWater else { return false }
        producer = continuation
        return true
    }

    /// Whether the producer is still wanted.
    var isOpen: Bool { !isCut }

    private mutating func takeSuspension() -> Bool {
        defer { isSuspended = false }
        return isSuspended
    }

    private mutating func takeProducer() -> CheckedContinuation<Void, Never>? {
        defer { producer = nil }
        return producer
    }
}
