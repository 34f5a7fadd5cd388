import CMicrohttpd
import Concurrency

/// libmicrohttpd's copy of an answer that is given again and again. libmicrohttpd counts who uses it, on any thread.
final class PreparedAnswer: Sendable {
    /// `@unchecked Sendable` is safe: libmicrohttpd locks what changes in it.
    @safe private struct Copy: @unchecked Sendable {
        let pointer: OpaquePointer
    }

    private let copy = Locked<Copy?>(nil)

    deinit {
        if let copy = copy.withLock({ $0 }) { unsafe MHD_destroy_response(copy.pointer) }
    }

    /// The copy, which stays this object's; made by `make` the first time.
    func response(_ make: () -> OpaquePointer?) -> OpaquePointer? {
        if let copy = copy.withLock({ $0 }) { return unsafe copy.pointer }
        guard let made = unsafe make() else { return nil }
        let (kept, isMade) = copy.withLock { copy -> (Copy, Bool) in
            if let copy { return (copy, false) }
            let new = unsafe Copy(pointer: made)
            copy = new
            return (new, true)
        }
        // Another thread was first.
        if !isMade { unsafe MHD_destroy_response(made) }
        return unsafe kept.pointer
    }
}
