import CMicrohttpd
import Concurrency
import Glibc
import Synchronization

/// A connection: its client's address, and until when the request under way must have arrived.
final class Peer: Sendable {
    let remoteAddress: String
    private let descriptor: Int32
    /// Milliseconds of the monotonic clock; 0: no limit at the moment.
    private let deadline = Atomic<Int>(0)
    /// Since when nothing has been under way, in milliseconds of the same clock; 0: a request is.
    private let idleSince: Atomic<Int>
    /// Whether a request has begun and not arrived yet.
    private let isArriving = Atomic(false)

    init(_ connection: OpaquePointer) {
        descriptor = unsafe cmhd_socket(connection)
        idleSince = Atomic(Self.now())
        remoteAddress = unsafe cmhd_client_address(connection).map { unsafe Self.text($0) } ?? ""
    }

    /// A request has begun: the client has `duration` for the rest of it.
    func expectRequest(within duration: Duration) {
        idleSince.store(0, ordering: .relaxed)
        isArriving.store(true, ordering: .relaxed)
        expect(within: duration)
    }

    /// A request has been answered: the client has `duration` for the next one.
    func expectNext(within duration: Duration) {
        isArriving.store(false, ordering: .relaxed)
        idleSince.store(Self.now(), ordering: .relaxed)
        expect(within: duration)
    }

    /// From now on the client has `duration` to send what is expected.
    func expect(within duration: Duration) {
        deadline.store(Self.now() + Int(duration.seconds * 1000), ordering: .relaxed)
    }

    /// Nothing is expected from the client.
    func expectNothing() {
        isArriving.store(false, ordering: .relaxed)
        deadline.store(0, ordering: .relaxed)
    }

    func isOverdue(at now: Int) -> Bool {
        let deadline = deadline.load(ordering: .relaxed)
        return deadline != 0 && deadline < now
    }

    /// For how many milliseconds no request has been under way; 0 when one is.
    func idleTime(at now: Int) -> Int {
        let since = idleSince.load(ordering: .relaxed)
        return since == 0 ? 0 : max(0, now - since)
    }

    /// The request has arrived.
    /// - Returns: `false` when it took too long and has been refused: nobody may write to the connection any more.
    func hasArrived() -> Bool {
        deadline.store(0, ordering: .relaxed)
        return takeArriving()
    }

    /// Whether a request has begun and not arrived; once: whoever asks has it refused.
    func takeArriving() -> Bool { isArriving.exchange(false, ordering: .relaxed) }

    /// Ends the connection in both directions; libmicrohttpd sees that as the client's doing and closes it. The caller
    /// makes sure that it is still open.
    func cut() { Glibc.shutdown(descriptor, Int32(SHUT_RDWR)) }

    /// Writes an answer past libmicrohttpd and ends this side of the connection. Only for plain connections, and only while no
    /// answer is being sent on this one.
    func refuse(_ status: String, _ reason: String) {
        let text = reason + "\n"
        let answer =
            "HTTP/1.1 \(status)\r\nConnection: close\r\nContent-Type: text/plain; charset=utf-8\r\n"
            + "Content-Length: \(text.utf8.count)\r\n\r\n\(text)"
        let bytes = Array(answer.utf8)
        // It fits into the empty send buffer of a socket; when the client is gone nobody misses it.
        _ = unsafe bytes.withUnsafeBytes { bytes in
            unsafe send(
                descriptor, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL | MSG_DONTWAIT))
        }
        Glibc.shutdown(descriptor, Int32(SHUT_WR))
    }

    /// Milliseconds of the monotonic clock.
    static func now() -> Int {
        var time = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        return time.tv_sec * 1000 + time.tv_nsec / 1_000_000
    }

    private static func text(_ address: UnsafePointer<sockaddr>) -> String {
        let raw = unsafe UnsafeRawPointer(address)
        let offset: Int
        let family = unsafe Int32(address.pointee.sa_family)
        switch family {
        case AF_INET: offset = 4
        case AF_INET6: offset = 8
        default: return ""
        }
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        guard unsafe inet_ntop(family, raw + offset, &text, socklen_t(text.count)) != nil else { return "" }
        let plain = String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        // An IPv4 client of a socket bound to "::".
        return plain.hasPrefix("::ffff:") ? String(plain.dropFirst(7)) : plain
    }
}
