package import Observability

/// Where a server is and how to log in: `redis://[[user]:password@]host[:port][/database]`, percent-encoded where a
/// character means something else. Printing it shows no password.
package struct RedisURL: Sendable, Equatable, CustomStringConvertible {
    /// Redis's own port.
    package static let defaultPort: UInt16 = 6379

    /// A name or an address; an IPv6 one without its brackets.
    package let host: String
    package let port: UInt16
    /// `nil` for the default user.
    package let user: String?
    /// `nil`: no login.
    package let password: Sensitive<String>?
    /// The number of the database.
    package let database: Int

    /// No part of the text stands in the error: any of them may be the password when a character was not encoded.
    package init(_ text: String) throws(RedisError) {
        let scheme = text.prefix { $0 != ":" }
        guard text[scheme.endIndex...].hasPrefix("://") else {
            throw Self.malformed("it does not begin with redis://")
        }
        switch scheme.lowercased() {
        case "redis": break
        case "rediss":
            throw Self.malformed(
                "rediss:// wants TLS, which hiredis 0.14 of Debian 12 cannot do: use redis:// to a proxy beside this "
                    + "program that speaks TLS to the server (stunnel, haproxy)")
        default: throw Self.malformed("its scheme is not redis")
        }
        var rest = text[scheme.endIndex...].dropFirst(3)
        guard !rest.contains(where: { $0 == "?" || $0 == "#" || $0.isWhitespace }) else {
            throw Self.malformed("options are not understood; in a password write ? as %3F, # as %23, a space as %20")
        }
        database = try Self.takeDatabase(&rest)
        (user, password) = try Self.takeLogin(&rest)
        (host, port) = try Self.address(rest)
    }

    package var description: String {
        let login = user != nil || password != nil ? "***@" : ""
        return "redis://\(login)\(server)/\(database)"
    }

    /// Host and port, for messages.
    package var server: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }

    /// Cuts off `/n`.
    private static func takeDatabase(_ rest: inout Substring) throws(RedisError) -> Int {
        guard let slash = rest.firstIndex(of: "/") else { return 0 }
        let path = rest[rest.index(after: slash)...]
        rest = rest[..<slash]
        if path.isEmpty { return 0 }
        guard path.utf8.allSatisfy(isDigit), let number = Int(path), number <= Int(Int32.max) else {
            throw malformed("what follows the first / is no number of a database; in a password write / as %2F")
        }
        return number
    }

    /// Cuts off `user:password@`.
    private static func takeLogin(_ rest: inout Substring) throws(RedisError) -> (String?, Sensitive<String>?) {
        guard let at = rest.lastIndex(of: "@") else { return (nil, nil) }
        let login = rest[..<at]
        rest = rest[rest.index(after: at)...]
        if login.isEmpty { return (nil, nil) }
        guard let colon = login.firstIndex(of: ":") else {
            throw malformed("it names a user without a password: write user:password@, or :password@")
        }
        guard let user = percentDecoded(login[..<colon]),
            let password = percentDecoded(login[login.index(after: colon)...])
        else { throw malformed("its user or password is not percent-encoded well: write % as %25") }
        guard !password.isEmpty else { throw malformed("its password is empty") }
        return (user.isEmpty ? nil : user, Sensitive(password))
    }

    /// `nil` when a `%` is not followed by two hexadecimal digits, or what comes out is no UTF-8.
    private static func percentDecoded(_ text: Substring) -> String? {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let high = rest.popFirst().flatMap(hexadecimal), let low = rest.popFirst().flatMap(hexadecimal) else {
                return nil
            }
            bytes.append(high << 4 | low)
        }
        return String(validating: bytes, as: UTF8.self)
    }

    private static func hexadecimal(_ byte: UInt8) -> UInt8? {
        Character(Unicode.Scalar(byte)).hexDigitValue.map(UInt8.init)
    }

    private static func address(_ text: Substring) throws(RedisError) -> (String, UInt16) {
        let host: Substring
        let rest: Substring
        if text.first == "[" {
            guard let end = text.firstIndex(of: "]") else {
                throw malformed("a bracket of its IPv6 address is missing")
            }
            host = text[text.index(after: text.startIndex)..<end]
            rest = text[text.index(after: end)...]
            guard host.contains(":"), host.utf8.allSatisfy({ isDigit($0) || ":.%abcdefABCDEF".utf8.contains($0) })
            else { throw malformed("what stands in brackets is no IPv6 address") }
        } else {
            host = text.prefix { $0 != ":" }
            rest = text[host.endIndex...]
            guard host.utf8.allSatisfy(isOfName) else { throw malformed("its host is no name and no address") }
        }
        guard !host.isEmpty else { throw malformed("it names no host") }
        if rest.isEmpty || rest == ":" { return (String(host), defaultPort) }
        let digits = rest.dropFirst()
        guard rest.first == ":", digits.utf8.allSatisfy(isDigit), let port = UInt16(digits), port > 0 else {
            throw malformed("its port is no number from 1 to 65535")
        }
        return (String(host), port)
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

    private static func isOfName(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "-"),
            UInt8(ascii: "."), UInt8(ascii: "_"):
            true
        default: isDigit(byte)
        }
    }

    private static func malformed(_ reason: String) -> RedisError {
        RedisError(
            .invalidURL,
            "the URL of Redis is of no use: \(reason). It is redis://[[user]:password@]host[:port][/database]")
    }
}
