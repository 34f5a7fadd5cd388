import CHiredis
import Concurrency
import Glibc

/// The thread that runs a ``RedisLoop``, and its end: when nobody holds this any more, or by ``shutdown()``.
final class RedisLoopThread: Sendable {
    private let mailbox: RedisMailbox
    /// `nil` once joined.
    private let thread: Locked<pthread_t?>

    init(_ loop: sending RedisLoop) throws(RedisError) {
        mailbox = loop.mailbox
        let context = unsafe Unmanaged.passRetained(loop)
        var handle = pthread_t()
        // Signals are for threads that expect them. SIGPIPE among them: hiredis may write to a closed socket.
        var all = sigset_t()
        var before = sigset_t()
        unsafe sigfillset(&all)
        unsafe pthread_sigmask(SIG_SETMASK, &all, &before)
        let code = unsafe pthread_create(&handle, nil, runLoop, context.toOpaque())
        unsafe pthread_sigmask(SIG_SETMASK, &before, nil)
        guard code == 0 else {
            unsafe context.release()
            throw RedisError(.resources, "cannot start the thread for Redis (error \(code)); check the limit of tasks")
        }
        thread = Locked(handle)
    }

    deinit {
        mailbox.shutDown()
        if let handle = takeHandle() { pthread_detach(handle) }
    }

    /// Ends what is under way and the thread.
    func shutdown() async {
        mailbox.shutDown()
        await mailbox.awaitTermination()
        // Nothing but the thread's return is left to wait for.
        if let handle = takeHandle() { pthread_join(handle, nil) }
    }

    private func takeHandle() -> pthread_t? {
        thread.withLock { handle in
            defer { handle = nil }
            return handle
        }
    }
}

/// The thread's body: a file-private function, because a closure could inherit an actor's isolation.
private func runLoop(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    if let context = unsafe context {
        unsafe chiredis_name_thread("redis")
        // Nobody hears of the end before the connection is closed.
        unsafe runToEnd(context).terminated()
    }
    return nil
}

/// Runs the loop and lets go of it.
@unsafe private func runToEnd(_ context: UnsafeMutableRawPointer) -> RedisMailbox {
    let loop = unsafe Unmanaged<RedisLoop>.fromOpaque(context).takeRetainedValue()
    loop.run()
    return loop.mailbox
}
