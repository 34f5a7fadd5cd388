import HTTPTypes

/// The head's fields as libcurl's `CURLOPT_HTTPHEADER` takes them.
struct RequestFields: Sendable, Equatable {
    /// One field each: `name: value`, `name;` for an empty value, `name:` to keep libcurl from adding its own.
    let lines: [String]

    /// Fields that follow from the body. A second, different one would let two servers in a row read two messages.
    private static let framing = ["content-length", "transfer-encoding", "expect"]

    /// - Parameters:
    ///   - host: the value of `Host` when the URL libcurl gets has another host in it.
    init(_ headers: HTTPHeaders, host: String? = nil) throws(HTTPClientError) {
        // libcurl would ask for permission before large bodies: a round trip, and a second's wait where nobody knows it.
        var lines = ["Expect:"]
        if headers["Content-Type"] == nil { lines.append("Content-Type:") }
        if let host, headers["Host"] == nil { lines.append("Host: \(host)") }
        for (name, value) in headers.fields {
            guard !name.isEmpty, name.utf8.allSatisfy(Self.isTokenByte) else {
                throw HTTPClientError(.invalidRequest, "a header's name is not a token of RFC 9110")
            }
            guard value.utf8.allSatisfy({ $0 == 0x09 || ($0 >= 0x20 && $0 != 0x7f) }) else {
                throw HTTPClientError(.invalidRequest, "the header \(name) has control characters in its value")
            }
            if Self.framing.contains(name.lowercased()) { continue }
            lines.append(value.utf8.allSatisfy { $0 == 0x20 || $0 == 0x09 } ? "\(name);" : "\(name): \(value)")
        }
        self.lines = lines
    }

    /// A `tchar` of RFC 9110, 5.6.2.
    static func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
    }
}
