/// The bytes of a streamed request body between the task that makes them and the thread that sends them. It does no I/O:
/// each step returns what to do, to be done outside the lock that guards it.
///
/// `Waiter` is the continuation of the task; tests put something simpler there.
struct UploadState<Waiter: Sendable>: Sendable {
    /// What to do after a step.
    struct Action: Sendable {
        /// Wake the waiter: `true` when there is room, `false` when nobody wants the bytes any more.
        var resume: (waiter: Waiter, wantsMore: Bool)?
        /// Tell the loop that there are bytes to send.
        var continuesTransfer = false
    }

    private let length: Int?
    private let capacity: Int
    private var buffer: [UInt8] = []
    private var offset = 0
    private var total = 0
    private var isFinished = false
    private var isBroken = false
    private var waiter: Waiter?

    /// Whether the transfer stands still for want of bytes.
    private(set) var isPaused = false

    /// - Parameters:
    ///   - length: the announced number of bytes, if one was announced.
    ///   - capacity: how many bytes may wait before the maker of the body has to; one chunk may go beyond.
    init(length: Int?, capacity: Int) {
        self.length = length
        self.capacity = capacity
    }

    // MARK: The task's side

    /// Takes a chunk; `false` when the body is longer than announced or the transfer is over.
    mutating func append(_ chunk: [UInt8]) -> (isTaken: Bool, action: Action) {
        guard !isBroken else { return (false, Action()) }
        total += chunk.count
        if let length, total > length { return (false, Action()) }
        guard !chunk.isEmpty else { return (true, Action()) }
        if offset == buffer.count { buffer = chunk } else { buffer = Array(buffer[offset...]) + chunk }
        offset = 0
        return (true, unpause())
    }

    /// Waits for room for another chunk.
    mutating func awaitRoom(_ waiter: Waiter) -> Action {
        if isBroken { return Action(resume: (waiter, false)) }
        if buffer.count - offset < capacity { return Action(resume: (waiter, true)) }
        self.waiter = waiter
        return Action()
    }

    /// The body is complete; `false` when it is not as long as announced.
    mutating func finish() -> (isComplete: Bool, action: Action) {
        if let length, total != length { return (false, Action()) }
        isFinished = true
        return (true, unpause())
    }

    /// The transfer is over, or the body failed.
    mutating func breakOff() -> Action {
        isBroken = true
        buffer = []
        offset = 0
        guard let waiter else { return Action() }
        self.waiter = nil
        return Action(resume: (waiter, false))
    }

    // MARK: The loop's side

    /// Up to `count` bytes to send.
    mutating func take(_ count: Int) -> (portion: UploadPortion, action: Action) {
        if isBroken { return (.broken, Action()) }
        guard offset < buffer.count else {
            if isFinished { return (.end, Action()) }
            isPaused = true
            return (.paused, Action())
        }
        let end = min(offset + count, buffer.count)
        let portion = Array(buffer[offset..<end])
        offset = end
        guard buffer.count - offset < capacity, let waiter else { return (.bytes(portion), Action()) }
        self.waiter = nil
        return (.bytes(portion), Action(resume: (waiter, true)))
    }

    private mutating func unpause() -> Action {
        defer { isPaused = false }
        return Action(continuesTransfer: isPaused)
    }
}
