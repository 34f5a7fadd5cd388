/// A URL taken apart as far as the client needs it.
struct RequestTarget: Sendable, Equatable {
    let isTLS: Bool

    /// Without the brackets of an IPv6 address.
    let host: String

    let port: Int

    /// The path and the query, as they were given; at least `/`.
    let path: String

    init(_ url: String) throws(HTTPClientError) {
        let bytes = Array(url.utf8)
        // Everything else must be percent-encoded; a space or a line break would end the request line.
        guard bytes.allSatisfy({ (0x21...0x7e).contains($0) && $0 != UInt8(ascii: "\\") }) else {
            throw Self.invalid("has characters that must be percent-encoded")
        }
        guard let colon = bytes.firstIndex(of: UInt8(ascii: ":")),
            bytes[colon...].starts(with: Array("://".utf8))
        else { throw Self.invalid("is not absolute") }
        let defaultPort: Int
        switch String(decoding: bytes[..<colon], as: UTF8.self).lowercased() {
        case "http": (isTLS, defaultPort) = (false, 80)
        case "https": (isTLS, defaultPort) = (true, 443)
        default: throw Self.invalid("is neither http nor https")
        }
        let rest = bytes[(colon + 3)...]
        let end = rest.firstIndex { Array("/?#".utf8).contains($0) } ?? rest.endIndex
        (host, port) = try Self.authority(rest[..<end], defaultPort: defaultPort)
        let behind = rest[end...].prefix { $0 != UInt8(ascii: "#") }
        let path = String(decoding: behind, as: UTF8.self)
        self.path = path.first == "/" ? path : "/" + path
    }

    /// `host:port` for messages and the `Host` header; the port only when it is not the scheme's.
    var authority: String {
        port == (isTLS ? 443 : 80) ? bracketed(host) : "\(bracketed(host)):\(port)"
    }

    /// The URL for libcurl, with another host in it when the certificate's name is to be another.
    func url(host: String? = nil) -> String {
        "\(isTLS ? "https" : "http")://\(bracketed(host ?? self.host)):\(port)\(path)"
    }

    /// libcurl's `CURLOPT_CONNECT_TO` that leads from `name` to this target's host.
    func connectTo(from name: String) -> String {
        "\(bracketed(name)):\(port):\(bracketed(host)):\(port)"
    }

    private func bracketed(_ host: String) -> String { host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]" : host }

    private static func authority(
        _ bytes: ArraySlice<UInt8>, defaultPort: Int
    ) throws(HTTPClientError) -> (host: String, port: Int) {
        guard !bytes.contains(UInt8(ascii: "@")) else {
            throw invalid("has a user in it; send credentials in a header")
        }
        let host: ArraySlice<UInt8>
        let rest: ArraySlice<UInt8>
        if bytes.first == UInt8(ascii: "[") {
            guard let end = bytes.firstIndex(of: UInt8(ascii: "]")) else { throw invalid("has an open bracket") }
            host = bytes[bytes.index(after: bytes.startIndex)..<end]
            rest = bytes[(end + 1)...]
            guard host.contains(UInt8(ascii: ":")), host.allSatisfy(isAddressByte) else {
                throw invalid("has no IPv6 address between its brackets")
            }
        } else {
            let end = bytes.firstIndex(of: UInt8(ascii: ":")) ?? bytes.endIndex
            host = bytes[..<end]
            rest = bytes[end...]
            guard !host.isEmpty, host.allSatisfy(isNameByte) else { throw invalid("has no valid host name") }
        }
        let name = String(decoding: host, as: UTF8.self)
        if rest.isEmpty { return (name, defaultPort) }
        let digits = rest.dropFirst()
        guard rest.first == UInt8(ascii: ":"), digits.allSatisfy((UInt8(ascii: "0")...UInt8(ascii: "9")).contains),
            let port = Int(String(decoding: digits, as: UTF8.self)), (1...65535).contains(port)
        else { throw invalid("has no valid port") }
        return (name, port)
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"):
            true
        default: false
        }
    }

    private static func isAddressByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "F"), UInt8(ascii: "a")...UInt8(ascii: "f"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: ":"), UInt8(ascii: "."):
            true
        default: false
        }
    }

    /// The URL itself stays out of the message: its path may be a token.
    private static func invalid(_ what: String) -> HTTPClientError {
        HTTPClientError(.invalidURL, "the request's URL \(what)")
    }
}
