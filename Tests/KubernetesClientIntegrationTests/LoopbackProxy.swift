import Concurrency
import Foundation
import Glibc
import TestRig

/// A TCP proxy in front of a server on loopback, whose connections can be made to swallow everything, as a network does
/// that lost a node.
final class LoopbackProxy: Sendable {
    private final class Pair: Sendable {
        let isDead = Locked(false)
    }

    let port: UInt16
    private let socket: Int32
    private let pairs = Locked<[Pair]>([])
    var connectionCount: Int { pairs.withLock { $0.count } }

    init(to upstream: UInt16) throws {
        let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        self.socket = socket
        var (address, length) = (Self.loopback(port: 0), socklen_t(MemoryLayout<sockaddr_in>.size))
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(socket, $0, length) == 0 && listen(socket, 64) == 0 && getsockname(socket, $0, &length) == 0
            }
        }
        guard isBound else { throw POSIXError(.EADDRINUSE) }
        port = UInt16(bigEndian: address.sin_port)
        Thread { [pairs] in
            while true {
                let near = accept(socket, nil, nil)
                guard near >= 0 else { return }
                let far = Self.connect(to: upstream)
                let pair = Pair()
                pairs.withLock { $0.append(pair) }
                for (from, to) in [(near, far), (far, near)] {
                    Thread { Self.pump(from, to, pair) }.start()
                }
            }
        }.start()
    }

    /// From now on the connections that there are stay open and nothing gets through.
    func deadenConnections() {
        for pair in pairs.withLock({ $0 }) { pair.isDead.withLock { $0 = true } }
    }

    func stop() {
        shutdown(socket, Int32(SHUT_RDWR))
        close(socket)
    }

    private static func pump(_ from: Int32, _ to: Int32, _ pair: Pair) {
        var buffer = [UInt8](repeating: 0, count: 65536)
        while case let count = recv(from, &buffer, buffer.count, 0), count > 0 {
            guard !pair.isDead.withLock({ $0 }) else { continue }
            var sent = 0
            while sent < count {
                let step = buffer[sent..<count].withUnsafeBytes {
                    send(to, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
                }
                guard step > 0 else { break }
                sent += step
            }
        }
        shutdown(to, Int32(SHUT_RDWR))
    }

    private static func connect(to port: UInt16) -> Int32 {
        let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = loopback(port: port)
        withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                _ = Glibc.connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        return socket
    }

    private static func loopback(port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        return address
    }
}
