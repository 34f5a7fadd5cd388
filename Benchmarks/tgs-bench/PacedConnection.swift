import Foundation
import Glibc

/// One kept-alive connection to a server on this machine, for one thread that may block.
final class PacedConnection {
    private let port: UInt16
    private var socket: Int32 = -1
    private var buffer = [UInt8](repeating: 0, count: 4096)

    init(port: UInt16) { self.port = port }

    deinit { disconnect() }

    /// Sends a request and reads the answer to its end.
    /// - Returns: the status; `nil` when the connection failed or nothing came for 10 seconds.
    func exchange(_ request: [UInt8]) -> Int? {
        guard connectIfNeeded(), write(request), let status = read() else {
            disconnect()
            return nil
        }
        return status
    }

    private func connectIfNeeded() -> Bool {
        guard socket < 0 else { return true }
        socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard socket >= 0 else { return false }
        var on: Int32 = 1
        setsockopt(socket, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
        var patience = timeval(tv_sec: 10, tv_usec: 0)
        setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }

    private func write(_ request: [UInt8]) -> Bool {
        var sent = 0
        while sent < request.count {
            let count = request.withUnsafeBytes { bytes in
                send(socket, bytes.baseAddress?.advanced(by: sent), bytes.count - sent, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return false }
            sent += count
        }
        return true
    }

    private func read() -> Int? {
        var filled = 0
        while filled < buffer.count {
            let count = buffer.withUnsafeMutableBytes { bytes in
                recv(socket, bytes.baseAddress?.advanced(by: filled), bytes.count - filled, 0)
            }
            guard count > 0 else { return nil }
            filled += count
            let answer = buffer[..<filled]
            guard let head = Self.head(answer) else { continue }
            guard let length = Self.length(head) else { return nil }
            if answer.endIndex >= head.endIndex + 4 + length { return Self.status(head) }
        }
        return nil
    }

    /// What stands before the empty line, once that has come.
    private static func head(_ answer: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        var index = answer.startIndex
        while index + 3 < answer.endIndex {
            if answer[index] == 13, answer[index + 1] == 10, answer[index + 2] == 13, answer[index + 3] == 10 {
                return answer[..<index]
            }
            index += 1
        }
        return nil
    }

    /// Of "HTTP/1.1 200 OK".
    private static func status(_ head: ArraySlice<UInt8>) -> Int? {
        Int(String(decoding: head.dropFirst(9).prefix(3), as: UTF8.self))
    }

    private static func length(_ head: ArraySlice<UInt8>) -> Int? {
        for line in head.split(separator: 10) {
            let name = line.prefix(15)
            guard name.elementsEqual("content-length:".utf8, by: { $0 | 0x20 == $1 | 0x20 }) else { continue }
            return Int(String(decoding: line.dropFirst(15).filter { $0 != 32 && $0 != 13 }, as: UTF8.self))
        }
        return nil
    }

    private func disconnect() {
        if socket >= 0 { close(socket) }
        socket = -1
    }
}
