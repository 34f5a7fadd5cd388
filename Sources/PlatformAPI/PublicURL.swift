/// The parts of a gateway's `publicURL` that objects are made of.
package struct PublicURL: Sendable, Equatable {
    package let scheme: String
    /// Without the brackets of an IPv6 address.
    package let host: String
    /// As it stands in the URL, else the scheme's.
    package let port: Int
    /// With a slash at its beginning and none at its end; empty when there is none.
    package let path: String

    /// - Returns: `nil` for what is no http or https URL with a host.
    package init?(_ text: String) {
        guard let scheme = ["https", "http"].first(where: { text.hasPrefix("\($0)://") }) else { return nil }
        let rest = text.dropFirst(scheme.count + 3)
        let authority = rest.prefix { $0 != "/" }
        guard !authority.isEmpty, !authority.contains("@"), !rest.contains("?"), !rest.contains("#") else { return nil }
        var host = authority
        var port: Int?
        // The last colon, unless it is one of an IPv6 address.
        if let colon = authority.lastIndex(of: ":"), !authority[colon...].contains("]") {
            guard let number = Int(authority[authority.index(after: colon)...]), (1...65535).contains(number) else {
                return nil
            }
            port = number
            host = authority[..<colon]
        }
        if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
        guard !host.isEmpty else { return nil }
        self.scheme = scheme
        self.host = String(host)
        self.port = port ?? (scheme == "https" ? 443 : 80)
        path = String(rest.dropFirst(authority.count))
    }
}
