import CCurl
import Glibc

/// epoll, level-triggered. Belongs to one thread.
@safe final class EventPoller {
    private static let batch = 256
    private let descriptor: CInt
    private let events: UnsafeMutableBufferPointer<ccurl_event>

    init() throws(HTTPClientError) {
        descriptor = ccurl_epoll_create()
        guard descriptor >= 0 else {
            throw HTTPClientError(
                .other, "cannot make an epoll instance (errno \(errno)); check the limit of open files")
        }
        unsafe events = .allocate(capacity: Self.batch)
        unsafe events.initialize(repeating: ccurl_event(descriptor: -1, readiness: 0))
    }

    deinit {
        close(descriptor)
        unsafe events.deallocate()
    }

    /// Waits for `interest` (a set of ``Readiness``) from now on; an empty set forgets the descriptor.
    func watch(_ descriptor: CInt, for interest: Readiness) {
        // Taking out what the kernel already forgot fails, and that is all right. So is a descriptor closed in between:
        // libcurl finds out by itself.
        _ = ccurl_epoll_set(self.descriptor, descriptor, interest.rawValue)
    }

    /// What has become ready; waits for at most `limit`, without one for as long as it takes.
    func wait(_ limit: Duration?) -> [(descriptor: CInt, readiness: Readiness)] {
        let count = unsafe ccurl_epoll_wait(
            descriptor, events.baseAddress, CInt(events.count), Self.milliseconds(limit))
        return (0..<max(0, Int(count))).map { index in
            let event = unsafe events[index]
            return (event.descriptor, Readiness(rawValue: event.readiness))
        }
    }

    /// Rounded up, so that a deadline has passed when the wait for it ends.
    static func milliseconds(_ limit: Duration?) -> CInt {
        guard let limit else { return -1 }
        guard limit > .zero else { return 0 }
        guard limit < .seconds(3600) else { return 3_600_000 }
        let (seconds, attoseconds) = limit.components
        return CInt(seconds * 1000 + (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000)
    }

    /// What can be done with a descriptor without waiting.
    struct Readiness: OptionSet, Sendable {
        let rawValue: CInt

        static let readable = Readiness(rawValue: CInt(CCURL_READABLE))
        static let writable = Readiness(rawValue: CInt(CCURL_WRITABLE))
    }
}
