import Glibc

/// A value that only one thread at a time can touch.
///
/// Backed by a `pthread_mutex_t` rather than `Synchronization.Mutex`, whose futex-based lock Thread Sanitizer does not
/// understand on Linux and reports as races.
///
/// `@unchecked Sendable` is safe: `state` is reachable only through `withLock`, which holds the mutex.
@safe package final class Locked<State>: @unchecked Sendable {
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private var state: State

    package init(_ state: consuming sending State) {
        self.state = state
        unsafe mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
        unsafe mutex.initialize(to: pthread_mutex_t())
        unsafe pthread_mutex_init(mutex, nil)
    }

    deinit {
        unsafe pthread_mutex_destroy(mutex)
        unsafe mutex.deallocate()
    }

    /// Runs `body` with exclusive access to the value. Keep it short: no I/O, no `await`, no foreign callbacks; return
    /// an action and perform it outside instead.
    package func withLock<Result, Failure: Error>(
        _ body: (inout sending State) throws(Failure) -> sending Result
    ) throws(Failure) -> sending Result {
        unsafe pthread_mutex_lock(mutex)
        defer { unsafe pthread_mutex_unlock(mutex) }
        return try body(&state)
    }
}
