import Concurrency
import Foundation

/// A server on 127.0.0.1 that does exactly what a test says: each connection gets a thread and a script.
final class RawServer: Sendable {
    let port: UInt16
    private let listener: Int32
    private let state = Locked(State())

    private struct State {
        var accepted: [RawConnection] = []
        var isStopped = false
    }

    /// - Parameter script: runs once a connection, on a thread that may block; the connection is closed behind it.
    init(_ script: @escaping @Sendable (RawConnection) throws -> Void) throws {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard listener >= 0 else { throw RawServerError(number: errno) }
        self.listener = listener
        port = try Self.bindToFreePort(listener)
        guard listen(listener, 512) == 0 else { throw RawServerError(number: errno) }
        let state = state
        Thread.detachNewThread {
            while true {
                let descriptor = accept(listener, nil, nil)
                guard descriptor >= 0 else { return }
                let connection = RawConnection(descriptor)
                let isStopped = state.withLock { state in
                    state.accepted.append(connection)
                    return state.isStopped
                }
                guard !isStopped else { return connection.close() }
                Thread.detachNewThread {
                    // A script that fails has lost its peer, which is what some tests are about.
                    try? script(connection)
                    connection.close()
                }
            }
        }
    }

    /// How many connections were made so far.
    var acceptedCount: Int { state.withLock { $0.accepted.count } }

    /// `http://127.0.0.1:<port><path>`
    func url(_ path: String = "/") -> String { "http://127.0.0.1:\(port)\(path)" }

    /// Breaks all connections and takes no more.
    func stop() {
        let connections = state.withLock { state in
            state.isStopped = true
            return state.accepted
        }
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
        connections.forEach { $0.breakOff() }
    }

    /// Runs `body` with a server that is stopped behind it.
    static func with<Result>(
        _ script: @escaping @Sendable (RawConnection) throws -> Void, _ body: (RawServer) async throws -> Result
    ) async throws -> Result {
        let server = try RawServer(script)
        defer { server.stop() }
        return try await body(server)
    }

    /// A port nobody listened on a moment ago.
    static func freePort() throws -> UInt16 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        return try bindToFreePort(descriptor)
    }

    private static func bindToFreePort(_ descriptor: Int32) throws -> UInt16 {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let code = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(descriptor, address, length) == 0 ? getsockname(descriptor, address, &length) : -1
            }
        }
        guard code == 0 else { throw RawServerError(number: errno) }
        return UInt16(bigEndian: address.sin_port)
    }
}

struct RawServerError: Error {
    let number: Int32
}
