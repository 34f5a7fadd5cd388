import Concurrency
import Foundation
import Glibc

/// Stands between a client and a server on 127.0.0.1 and passes bytes on, until it is told not to.
final class Forwarder: Sendable {
    struct SocketError: Error {
        let call: String
        let number = errno
    }

    private struct State: Sendable {
        var pairs: [Int: (Int32, Int32)] = [:]
        var next = 0
        var isRefusing = false
        var accepted = 0
        var isClosed = false
    }

    /// Where to connect to.
    let port: UInt16
    private let target: UInt16
    private let listener: Int32
    private let state = Locked(State())

    init(to target: UInt16) throws {
        self.target = target
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard listener >= 0 else { throw SocketError(call: "socket") }
        port = try Self.bound(listener)
        guard listen(listener, 64) == 0 else { throw SocketError(call: "listen") }
        Thread.detachNewThread { self.acceptAll() }
    }

    /// How many connections came so far.
    var accepted: Int { state.withLock { $0.accepted } }

    /// Cuts all connections, as when a router in between is restarted.
    func cut() {
        for (client, server) in state.withLock({ Array($0.pairs.values) }) {
            shutdown(client, Int32(SHUT_RDWR))
            shutdown(server, Int32(SHUT_RDWR))
        }
    }

    /// Cuts all connections and every new one, or no longer does.
    func setRefusing(_ isRefusing: Bool) {
        state.withLock { $0.isRefusing = isRefusing }
        if isRefusing { cut() }
    }

    /// Ends it.
    func close() {
        state.withLock {
            $0.isClosed = true
            $0.isRefusing = true
        }
        shutdown(listener, Int32(SHUT_RDWR))
        cut()
    }

    private func acceptAll() {
        while true {
            let client = accept(listener, nil, nil)
            if client < 0 {
                if state.withLock({ $0.isClosed }) { break }
                continue
            }
            let server = Self.connected(to: target)
            let id = state.withLock { state -> Int? in
                if state.isRefusing || server < 0 { return nil }
                state.accepted += 1
                state.next += 1
                state.pairs[state.next] = (client, server)
                return state.next
            }
            guard let id else {
                Glibc.close(client)
                if server >= 0 { Glibc.close(server) }
                continue
            }
            Thread.detachNewThread { self.serve(id, client, server) }
        }
        Glibc.close(listener)
    }

    private func serve(_ id: Int, _ client: Int32, _ server: Int32) {
        let other = DispatchSemaphore(value: 0)
        Thread.detachNewThread {
            Self.pump(from: server, to: client)
            other.signal()
        }
        Self.pump(from: client, to: server)
        other.wait()
        // Only now, or the number could be another connection's when this one is cut.
        state.withLock { _ = $0.pairs.removeValue(forKey: id) }
        Glibc.close(client)
        Glibc.close(server)
    }

    private static func pump(from source: Int32, to sink: Int32) {
        var buffer = [UInt8](repeating: 0, count: 16_384)
        while true {
            let count = read(source, &buffer, buffer.count)
            guard count > 0 else { break }
            var sent = 0
            while sent < count {
                let written = buffer[sent..<count].withUnsafeBytes {
                    send(sink, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
                }
                guard written > 0 else { break }
                sent += written
            }
            guard sent == count else { break }
        }
        shutdown(source, Int32(SHUT_RDWR))
        shutdown(sink, Int32(SHUT_RDWR))
    }

    private static func address(_ port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        address.sin_port = port.bigEndian
        return address
    }

    private static func connected(to port: UInt16) -> Int32 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = address(port)
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        if result == 0 { return descriptor }
        Glibc.close(descriptor)
        return -1
    }

    private static func bound(_ descriptor: Int32) throws -> UInt16 {
        var address = address(0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) == 0 && getsockname(descriptor, $0, &length) == 0
            }
        }
        guard result else { throw SocketError(call: "bind") }
        return UInt16(bigEndian: address.sin_port)
    }
}
