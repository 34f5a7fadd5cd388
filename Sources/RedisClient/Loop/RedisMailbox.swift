import CHiredis
import Concurrency
import Glibc

/// What callers hand to the loop, within the limits. Posting wakes it.
final class RedisMailbox: Sendable {
    private struct State: Sendable {
        var batches: [RedisBatch] = []
        /// Of all that is in `batches` or waits for its answer.
        var commands = 0
        var bytes = 0
        /// Why nothing can be sent at present; `nil` while there is a connection.
        var refusal: RedisError?
        var isClosed = false
        var isSignalled = false
        var isTerminated = false
        var terminationWaiters: [CheckedContinuation<Void, Never>] = []
    }

    private let state: Locked<State>
    private let server: String
    private let maxCommands: Int
    private let maxBytes: Int

    /// An eventfd that is readable while there is something to take.
    let descriptor: CInt

    init(server: String, settings: RedisSettings) throws(RedisError) {
        self.server = server
        maxCommands = settings.maxWaitingCommands
        maxBytes = settings.maxWaitingBytes
        state = Locked(State(refusal: .unavailable(server, nil)))
        descriptor = chiredis_eventfd_create()
        guard descriptor >= 0 else {
            throw RedisError(.resources, "cannot make an eventfd (errno \(errno)); check the limit of open files")
        }
    }

    deinit { close(descriptor) }

    /// Whether commands go through at present.
    var isConnected: Bool { state.withLock { $0.refusal == nil && !$0.isClosed } }

    /// How many commands wait for their answers.
    var waiting: Int { state.withLock { $0.commands } }

    /// Takes the batch, unless there is no connection or too much is waiting.
    func post(_ batch: RedisBatch) throws(RedisError) {
        let signals = try state.withLock { state throws(RedisError) -> Bool in
            if state.isClosed { throw .closed(server) }
            if let refusal = state.refusal { throw refusal }
            guard state.commands + batch.count <= maxCommands, state.bytes + batch.bytes.count <= maxBytes else {
                throw RedisError(
                    .overloaded,
                    "\(state.commands) commands with \(state.bytes) bytes wait for Redis at \(server), and no more may: "
                        + "\(maxCommands) commands with \(maxBytes) bytes are the limits")
            }
            state.commands += batch.count
            state.bytes += batch.bytes.count
            state.batches.append(batch)
            defer { state.isSignalled = true }
            return !state.isSignalled
        }
        if signals { signal() }
    }

    /// Tells the loop to end; what comes later is refused.
    func shutDown() {
        let signals = state.withLock { state -> Bool in
            state.isClosed = true
            defer { state.isSignalled = true }
            return !state.isSignalled
        }
        if signals { signal() }
    }

    // MARK: For the loop

    /// All batches since the last call, and whether the loop has to end.
    func take() -> (batches: [RedisBatch], isClosed: Bool) {
        // Read first: what is posted from here on signals anew.
        var count: UInt64 = 0
        _ = unsafe withUnsafeMutableBytes(of: &count) { bytes in
            unsafe read(descriptor, bytes.baseAddress, bytes.count)
        }
        return state.withLock { state in
            defer {
                state.batches = []
                state.isSignalled = false
            }
            return (state.batches, state.isClosed)
        }
    }

    /// Makes room for others.
    func release(commands: Int, bytes: Int) {
        state.withLock { state in
            state.commands -= commands
            state.bytes -= bytes
        }
    }

    /// - Parameter refusal: `nil` opens the door.
    func set(refusal: RedisError?) { state.withLock { $0.refusal = refusal } }

    /// The loop's last act.
    func terminated() {
        let waiters = state.withLock { state in
            state.isTerminated = true
            defer { state.terminationWaiters = [] }
            return state.terminationWaiters
        }
        waiters.forEach { $0.resume() }
    }

    /// Returns when the loop has ended.
    func awaitTermination() async {
        await withCheckedContinuation { continuation in
            let isTerminated = state.withLock { state in
                if !state.isTerminated { state.terminationWaiters.append(continuation) }
                return state.isTerminated
            }
            if isTerminated { continuation.resume() }
        }
    }

    private func signal() {
        // Fails only when the counter is full, and then the loop is awake anyway.
        _ = unsafe withUnsafeBytes(of: UInt64(1)) { bytes in unsafe write(descriptor, bytes.baseAddress, bytes.count) }
    }
}
