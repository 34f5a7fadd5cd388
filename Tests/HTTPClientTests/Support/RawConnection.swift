import Concurrency
import Foundation

/// A server's side of one connection, with calls that block.
///
/// `@unchecked Sendable` is safe: `buffer` belongs to the one thread that runs the script, the rest is locked or constant.
final class RawConnection: @unchecked Sendable {
    private let descriptor: Int32
    private let isOpen = Locked(true)
    private var buffer: [UInt8] = []

    init(_ descriptor: Int32) { self.descriptor = descriptor }

    /// A request as it came in.
    struct Request: Sendable {
        var method = ""
        var target = ""
        /// As sent, in order.
        var headers: [(name: String, value: String)] = []
        var body: [UInt8] = []

        func header(_ name: String) -> String? {
            headers.first { $0.name.lowercased() == name.lowercased() }?.value
        }
    }

    /// The next request with its body; `nil` when the peer has closed.
    func readRequest() throws -> Request? {
        guard let head = try readHead() else { return nil }
        var request = head
        if let length = head.header("Content-Length").flatMap(Int.init) {
            request.body = try read(length)
        } else if head.header("Transfer-Encoding") == "chunked" {
            while true {
                let size = Int(try readLine() ?? "", radix: 16) ?? 0
                request.body += try read(size)
                _ = try readLine()
                if size == 0 { break }
            }
        }
        return request
    }

    /// The next request without its body.
    func readHead() throws -> Request? {
        guard let first = try readLine() else { return nil }
        var request = Request()
        let words = first.split(separator: " ")
        request.method = String(words[0])
        request.target = String(words[1])
        while let line = try readLine(), !line.isEmpty {
            let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            request.headers.append((String(parts[0]), parts[1].trimmingCharacters(in: .whitespaces)))
        }
        return request
    }

    func write(_ text: String) throws { try write(Array(text.utf8)) }

    func write(_ bytes: [UInt8]) throws {
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw RawServerError(number: errno) }
            sent += count
        }
    }

    /// An answer with a `Content-Length`.
    func answer(_ body: String, status: String = "200 OK", headers: [String] = []) throws {
        let fields = (headers + ["Content-Length: \(body.utf8.count)"]).map { $0 + "\r\n" }.joined()
        try write("HTTP/1.1 \(status)\r\n\(fields)\r\n\(body)")
    }

    /// Some bytes; empty at the end.
    func receive() -> [UInt8] {
        var chunk = [UInt8](repeating: 0, count: 65536)
        let count = recv(descriptor, &chunk, chunk.count, 0)
        return Array(chunk.prefix(max(0, count)))
    }

    /// Blocks until the peer closes or resets the connection.
    func waitForEnd() {
        while !receive().isEmpty {}
    }

    /// Wakes whoever blocks in this connection.
    func breakOff() {
        isOpen.withLock { if $0 { _ = shutdown(descriptor, Int32(SHUT_RDWR)) } }
    }

    func close() {
        isOpen.withLock { isOpen in
            if isOpen { _ = Foundation.close(descriptor) }
            isOpen = false
        }
    }

    private func read(_ count: Int) throws -> [UInt8] {
        while buffer.count < count {
            let chunk = receive()
            guard !chunk.isEmpty else { throw RawServerError(number: EPIPE) }
            buffer += chunk
        }
        defer { buffer.removeFirst(count) }
        return Array(buffer.prefix(count))
    }

    /// Without its line break; `nil` at the end.
    private func readLine() throws -> String? {
        while true {
            if let end = buffer.firstIndex(of: 0x0a) {
                let line = buffer[..<end]
                defer { buffer.removeFirst(line.count + 1) }
                return String(decoding: line, as: UTF8.self).trimmingCharacters(in: ["\r"])
            }
            let chunk = receive()
            guard !chunk.isEmpty else { return nil }
            buffer += chunk
        }
    }
}
