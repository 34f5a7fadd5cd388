import CCurl
import Concurrency
import Glibc

/// The thread that runs a ``TransferLoop``, and its end: when nobody holds this any more, or by ``shutdown()``.
final class LoopThread: Sendable {
    let mailbox: LoopMailbox
    /// `nil` once joined.
    private let thread: Locked<pthread_t?>

    init(_ configuration: HTTPClient.Configuration) throws(HTTPClientError) {
        mailbox = try LoopMailbox()
        let loop = try TransferLoop(configuration, mailbox: mailbox)
        let context = unsafe Unmanaged.passRetained(loop)
        var handle = pthread_t()
        // Signals are for threads that expect them. SIGPIPE among them: OpenSSL may write to a closed socket.
        var all = sigset_t()
        var before = sigset_t()
        unsafe sigfillset(&all)
        unsafe pthread_sigmask(SIG_SETMASK, &all, &before)
        let code = unsafe pthread_create(&handle, nil, runLoop, context.toOpaque())
        unsafe pthread_sigmask(SIG_SETMASK, &before, nil)
        guard code == 0 else {
            unsafe context.release()
            throw HTTPClientError(
                .other, "cannot start the HTTP client's thread (error \(code)); check the limit of tasks")
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
        unsafe ccurl_name_thread("http-client")
        // Nobody hears of the end before the connections are closed.
        unsafe runToEnd(context).terminated()
    }
    return nil
}

/// Runs the loop and lets go of it, which closes its connections.
@unsafe private func runToEnd(_ context: UnsafeMutableRawPointer) -> LoopMailbox {
    let loop = unsafe Unmanaged<TransferLoop>.fromOpaque(context).takeRetainedValue()
    loop.run()
    return loop.mailbox
}
