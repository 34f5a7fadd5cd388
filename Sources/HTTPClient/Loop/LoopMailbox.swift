import CCurl
import Concurrency
import Glibc

/// What other threads want of the loop. Posting wakes it.
final class LoopMailbox: Sendable {
    /// An errand for the loop.
    enum Command: Sendable {
        case start(Exchange)
        /// A paused transfer may go on.
        case resume(UInt64)
        /// Nobody wants this transfer any more.
        case remove(UInt64)
    }

    private struct State: Sendable {
        var commands: [Command] = []
        var isClosed = false
        var isSignalled = false
        var isTerminated = false
        var terminationWaiters: [CheckedContinuation<Void, Never>] = []
        var lastID: UInt64 = 0
    }

    private let state = Locked(State())

    /// An eventfd that is readable while there is something to take.
    let descriptor: CInt

    init() throws(HTTPClientError) {
        descriptor = ccurl_eventfd_create()
        guard descriptor >= 0 else {
            throw HTTPClientError(.other, "cannot make an eventfd (errno \(errno)); check the limit of open files")
        }
    }

    deinit { close(descriptor) }

    /// A number no other exchange of this loop has.
    func makeID() -> UInt64 {
        state.withLock {
            $0.lastID += 1
            return $0.lastID
        }
    }

    /// `false` when the loop was told to end before.
    @discardableResult
    func post(_ command: Command) -> Bool {
        let (isTaken, signals) = state.withLock { state -> (Bool, Bool) in
            guard !state.isClosed else { return (false, false) }
            state.commands.append(command)
            defer { state.isSignalled = true }
            return (true, !state.isSignalled)
        }
        if signals { signal() }
        return isTaken
    }

    /// Tells the loop to end.
    func shutDown() {
        let signals = state.withLock { state -> Bool in
            state.isClosed = true
            defer { state.isSignalled = true }
            return !state.isSignalled
        }
        if signals { signal() }
    }

    /// All errands since the last call, and whether the loop has to end. Called by the loop alone.
    func take() -> (commands: [Command], isClosed: Bool) {
        // Read first: what is posted from here on signals anew.
        var count: UInt64 = 0
        _ = unsafe withUnsafeMutableBytes(of: &count) { bytes in
            unsafe read(descriptor, bytes.baseAddress, bytes.count)
        }
        return state.withLock { state in
            defer {
                state.commands = []
                state.isSignalled = false
            }
            return (state.commands, state.isClosed)
        }
    }

    /// Called by the loop as its last act.
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
