import Concurrency
import Foundation
import Glibc

/// A server on loopback that answers each connection's one request with given bytes, good HTTP or not, and closes.
final class ScriptedServer: Sendable {
    struct Request: Sendable {
        /// "GET /api/v1/secrets?limit=1 HTTP/1.1".
        let line: String
        let head: String
        let body: String

        func header(_ name: String) -> String? {
            head.split(separator: "\r\n").first { $0.lowercased().hasPrefix(name.lowercased() + ":") }
                .map { $0.dropFirst(name.count + 1).trimmingCharacters(in: .whitespaces) }
        }
    }

    private let socket: Int32
    private let port: UInt16
    private let log = Locked<[Request]>([])
    var url: String { "http://127.0.0.1:\(port)" }
    var requests: [Request] { log.withLock { $0 } }

    /// - Parameter answer: gets the request and how many there were before; returns pieces to send one after the other.
    init(_ answer: @escaping @Sendable (Request, Int) -> [String]) throws {
        let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        self.socket = socket
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(socket, $0, length) == 0 && listen(socket, 64) == 0 && getsockname(socket, $0, &length) == 0
            }
        }
        guard bound else { throw POSIXError(.EADDRINUSE) }
        port = UInt16(bigEndian: address.sin_port)
        Thread { [log] in
            while true {
                let connection = accept(socket, nil, nil)
                guard connection >= 0 else { return }
                Thread { Self.serve(connection, log, answer) }.start()
            }
        }.start()
    }

    func stop() {
        shutdown(socket, Int32(SHUT_RDWR))
        close(socket)
    }

    private static func serve(
        _ connection: Int32, _ log: Locked<[Request]>, _ answer: (Request, Int) -> [String]
    ) {
        defer { close(connection) }
        guard let request = read(connection) else { return }
        let count = log.withLock { log in
            log.append(request)
            return log.count - 1
        }
        for (index, piece) in answer(request, count).enumerated() {
            // Apart from each other, so that they arrive in chunks of their own.
            if index > 0 { usleep(30_000) }
            _ = Array(piece.utf8).withUnsafeBytes {
                send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
        }
    }

    private static func read(_ connection: Int32) -> Request? {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65536)
        while true {
            let text = String(decoding: bytes, as: UTF8.self)
            if let end = text.range(of: "\r\n\r\n") {
                let head = String(text[..<end.lowerBound])
                let line = head.components(separatedBy: "\r\n").first ?? ""
                let request = Request(line: line, head: head, body: String(text[end.upperBound...]))
                if request.body.utf8.count >= Int(request.header("Content-Length") ?? "0") ?? 0 { return request }
            }
            let count = recv(connection, &buffer, buffer.count, 0)
            guard count > 0 else { return nil }
            bytes += buffer[..<count]
        }
    }

    /// A whole answer.
    static func answer(
        _ status: Int, _ body: String, headers: String = "", type: String = "application/json"
    ) -> [String] {
        [
            "HTTP/1.1 \(status) X\r\nContent-Type: \(type)\r\n\(headers)Content-Length: \(body.utf8.count)\r\nConnection: close\r\n\r\n\(body)"
        ]
    }

    /// A chunked answer whose last chunk is sent when `isWhole`.
    static func chunks(_ chunks: [String], isWhole: Bool = true) -> [String] {
        ["HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"]
            + chunks.map { "\(String($0.utf8.count, radix: 16))\r\n\($0)\r\n" } + (isWhole ? ["0\r\n\r\n"] : [])
    }
}
