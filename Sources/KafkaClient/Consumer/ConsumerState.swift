/// What a consumer's thread shall do next; a state machine without I/O.
struct ConsumerState {
    /// What the thread is given to do.
    enum Work {
        case read(BatchRequest)
        case close
        case nothing
    }

    /// Partitions that are ours.
    var assignment: Set<TopicPartition> = []
    /// The group has given us our share once, be it none.
    var wasAssigned = false
    private(set) var isClosing = false
    private(set) var isClosed = false
    private var request: BatchRequest?
    /// The request that the thread works on.
    private var reading: Int?
    /// The caller of the present request has been cancelled.
    private(set) var isCancelled = false
    private var whenClosed: [Int: CheckedContinuation<Void, Never>] = [:]

    /// A caller wants a batch. Throws when there is another, or no more to come.
    mutating func ask(_ new: BatchRequest) throws(KafkaError) {
        if isClosing { throw KafkaError(.closed, "reading from Kafka: the consumer is closed") }
        if request != nil || reading != nil {
            throw KafkaError(.invalidArgument, "reading from Kafka: only one caller at a time may wait for a batch")
        }
        isCancelled = false
        request = new
    }

    /// The waiting caller was cancelled. Gives its request back when the thread has not taken it yet.
    mutating func cancel(_ id: Int) -> BatchRequest? {
        if reading == id { isCancelled = true }
        guard let request, request.id == id else { return nil }
        self.request = nil
        return request
    }

    /// The thread asks what to do.
    mutating func next() -> Work {
        if let request {
            self.request = nil
            reading = request.id
            return .read(request)
        }
        return isClosing && !isClosed ? .close : .nothing
    }

    /// The thread has answered its request.
    mutating func finishedReading() {
        reading = nil
        isCancelled = false
    }

    /// Whether the thread works on a request.
    var isReading: Bool { reading != nil }

    /// Whether the thread shall give up waiting for records.
    var shallStopReading: Bool { isClosing || isCancelled }

    /// `true` for the first call.
    mutating func close() -> Bool {
        defer { isClosing = true }
        return !isClosing
    }

    /// The thread has left the group. Gives those who wait for that.
    mutating func closed() -> [CheckedContinuation<Void, Never>] {
        isClosed = true
        assignment = []
        defer { whenClosed = [:] }
        return Array(whenClosed.values)
    }

    /// `false` when the consumer is closed already.
    mutating func waitForClosed(_ id: Int, _ continuation: CheckedContinuation<Void, Never>) -> Bool {
        if isClosed { return false }
        whenClosed[id] = continuation
        return true
    }

    /// Gives the caller who waits for the end, if still so.
    mutating func stopWaitingForClosed(_ id: Int) -> CheckedContinuation<Void, Never>? {
        whenClosed.removeValue(forKey: id)
    }
}
