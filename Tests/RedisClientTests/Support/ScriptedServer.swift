import Foundation
import Glibc
import TestRig

/// Answers connections as a test says, for what a real server does only when it is broken.
final class ScriptedServer: Sendable {
    let port: UInt16
    private let listener: Int32

    /// - Parameter serve: is given each connection on a thread of its own; it is closed afterwards.
    init(_ serve: @escaping @Sendable (Connection) -> Void) throws {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isListening = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, length) == 0 && listen(listener, 16) == 0 && getsockname(listener, $0, &length) == 0
            }
        }
        guard isListening else { throw NotYet(description: "no socket: \(String(cString: strerror(errno)))") }
        port = UInt16(bigEndian: address.sin_port)
        self.listener = listener
        Thread {
            while true {
                let descriptor = accept(listener, nil, nil)
                guard descriptor >= 0 else { break }
                Thread {
                    serve(Connection(descriptor: descriptor))
                    close(descriptor)
                }.start()
            }
            close(listener)
        }.start()
    }

    var url: String { "redis://127.0.0.1:\(port)" }

    /// Takes no more connections.
    func stop() { shutdown(listener, Int32(SHUT_RDWR)) }

    struct Connection: Sendable {
        let descriptor: Int32

        /// Reads until `text` has come; `false` when the other side closes before.
        @discardableResult
        func read(until text: String) -> Bool {
            var received: [UInt8] = []
            var byte: UInt8 = 0
            while !received.suffix(text.utf8.count).elementsEqual(text.utf8) {
                guard recv(descriptor, &byte, 1, 0) == 1 else { return false }
                received.append(byte)
            }
            return true
        }

        func write(_ text: String) {
            let bytes = Array(text.utf8)
            _ = send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL))
        }

        /// Waits for the other side's end.
        func readToEnd() {
            var byte: UInt8 = 0
            while recv(descriptor, &byte, 1, 0) == 1 {}
        }

        /// Takes the greeting of a client without password and database.
        func greet() {
            read(until: "PING\r\n")
            write("+PONG\r\n")
        }
    }
}
