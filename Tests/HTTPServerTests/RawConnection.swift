import Dispatch
import Foundation
import Glibc

/// An answer as it came over the wire.
struct RawResponse: Sendable {
    let status: Int
    let headers: [String: String]
    let body: [UInt8]
    var text: String { String(decoding: body, as: UTF8.self) }
}

struct RawConnectionError: Error, CustomStringConvertible {
    let description: String
}

/// A loopback TCP connection that sends and reads bytes, for tests that care about them. Blocking work runs on Dispatch's
/// threads: handlers under test need the cooperative pool.
///
/// `@unchecked Sendable` is safe: a test uses a connection from one task at a time.
final class RawConnection: @unchecked Sendable {
    private let descriptor: Int32
    private var buffer: [UInt8] = []

    init(port: UInt16) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var timeout = timeval(tv_sec: 20, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = withUnsafeBytes(of: &address) {
            connect(descriptor, $0.baseAddress?.assumingMemoryBound(to: sockaddr.self), size)
        }
        guard result == 0 else {
            let reason = String(cString: strerror(errno))
            // The deinitializer closes the socket: all of the object was there.
            throw RawConnectionError(description: "connect: \(reason)")
        }
    }

    deinit { close(descriptor) }

    /// Closes with a reset, as a client that was killed.
    func reset() {
        var linger = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<Glibc.linger>.size))
    }

    func send(_ text: String) async throws { try await send(Array(text.utf8)) }

    func send(_ bytes: [UInt8]) async throws {
        try await offPool { [self] in
            var sent = 0
            while sent < bytes.count {
                let count = bytes.withUnsafeBytes {
                    Glibc.send(
                        descriptor, $0.baseAddress?.advanced(by: sent), bytes.count - sent, Int32(MSG_NOSIGNAL))
                }
                guard count > 0 else {
                    throw RawConnectionError(description: "send: \(String(cString: strerror(errno)))")
                }
                sent += count
            }
        }
    }

    /// The next answer; a body without a length is read to the connection's end.
    func response(toHead: Bool = false) async throws -> RawResponse {
        try await offPool { [self] in
            while true {
                let response = try readResponse(toHead: toHead)
                if response.status != 100 { return response }
            }
        }
    }

    func get(_ target: String) async throws -> RawResponse {
        try await send("GET \(target) HTTP/1.1\r\nHost: localhost\r\n\r\n")
        return try await response()
    }

    func post(_ target: String, _ body: [UInt8]) async throws -> RawResponse {
        let head = "POST \(target) HTTP/1.1\r\nHost: localhost\r\nContent-Length: \(body.count)\r\n\r\n"
        try await send(Array(head.utf8) + body)
        return try await response()
    }

    /// What is left until the server closes. Throws when it does not close in time.
    func untilClosed() async throws -> [UInt8] {
        try await offPool { [self] in
            while try fill() {}
            defer { buffer = [] }
            return buffer
        }
    }

    /// Bytes up to `count`, as they come.
    func bytes(_ count: Int) async throws -> [UInt8] {
        try await offPool { [self] in try take(count) }
    }

    /// What there is, waiting for something; nothing at the end.
    func some() async throws -> [UInt8] {
        try await offPool { [self] in
            if buffer.isEmpty { _ = try fill() }
            defer { buffer = [] }
            return buffer
        }
    }

    private func readResponse(toHead: Bool) throws -> RawResponse {
        let head = try line()
        let parts = head.split(separator: " ")
        guard parts.count >= 2, let status = Int(parts[1]) else {
            throw RawConnectionError(description: "no status line: \(head)")
        }
        var headers: [String: String] = [:]
        while true {
            let field = try line()
            if field.isEmpty { break }
            let pieces = field.split(separator: ":", maxSplits: 1)
            headers[pieces[0].lowercased()] = pieces[1].trimmingCharacters(in: .whitespaces)
        }
        var body: [UInt8] = []
        if toHead || status == 100 || status == 204 {
        } else if let length = headers["content-length"].flatMap({ Int($0) }) {
            body = try take(length)
        } else if headers["transfer-encoding"] == "chunked" {
            while true {
                guard let size = Int(try line(), radix: 16) else {
                    throw RawConnectionError(description: "no chunk size")
                }
                body += try take(size)
                _ = try line()
                if size == 0 { break }
            }
        } else {
            while try fill() {}
            body = buffer
            buffer = []
        }
        return RawResponse(status: status, headers: headers, body: body)
    }

    private func line() throws -> String {
        while true {
            if let end = buffer.firstIndex(of: 10) {
                let line = buffer[..<end].filter { $0 != 13 }
                buffer.removeFirst(end + 1)
                return String(decoding: line, as: UTF8.self)
            }
            guard try fill() else { throw RawConnectionError(description: "closed in the middle of an answer") }
        }
    }

    private func take(_ count: Int) throws -> [UInt8] {
        while buffer.count < count {
            guard try fill() else { throw RawConnectionError(description: "closed in the middle of an answer") }
        }
        defer { buffer.removeFirst(count) }
        return Array(buffer[..<count])
    }

    /// False at the connection's end (a reset is one too).
    private func fill() throws -> Bool {
        var piece = [UInt8](repeating: 0, count: 65_536)
        let count = recv(descriptor, &piece, piece.count, 0)
        if count < 0 {
            if errno == ECONNRESET { return false }
            throw RawConnectionError(description: "recv: \(String(cString: strerror(errno)))")
        }
        buffer += piece[..<count]
        return count > 0
    }
}

/// Runs blocking work on one of Dispatch's threads.
func offPool<Result: Sendable>(_ work: @escaping @Sendable () throws -> Result) async throws -> Result {
    try await withCheckedThrowingContinuation { continuation in
        DispatchQueue.global().async { continuation.resume(with: Swift.Result { try work() }) }
    }
}
