/// A webhook's URL and Telegram's rules for it.
struct WebhookURL: Sendable, Equatable {
    let isHTTPS: Bool
    /// Without brackets.
    let host: String
    let port: Int

    static let ports = [443, 80, 88, 8443]

    /// Reads a URL as the official server does: without a scheme it is https.
    init(_ text: String) throws(APIFailure) {
        let invalid = APIFailure.badRequest("invalid webhook URL specified")
        guard text.utf8.allSatisfy({ (0x21...0x7e).contains($0) }) else { throw invalid }
        var rest = Substring(text)
        if let scheme = text.firstRange(of: "://"), !text[..<scheme.lowerBound].contains("/") {
            switch text[..<scheme.lowerBound].lowercased() {
            case "https": isHTTPS = true
            case "http": isHTTPS = false
            default: throw invalid
            }
            rest = text[scheme.upperBound...]
        } else {
            isHTTPS = true
        }
        let authority = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        var host = authority.split(separator: "@", omittingEmptySubsequences: false).last ?? ""
        var port: Substring?
        if host.first == "[" {
            guard let end = host.firstIndex(of: "]") else { throw invalid }
            let behind = host[host.index(after: end)...]
            host = host[host.index(after: host.startIndex)..<end]
            if !behind.isEmpty { port = behind.dropFirst() }
        } else if let colon = host.lastIndex(of: ":") {
            port = host[host.index(after: colon)...]
            host = host[..<colon]
        }
        guard !host.isEmpty, !host.hasPrefix("."), host.utf8.count <= 253 else { throw invalid }
        if let port {
            guard let number = Int(port), (1...65_535).contains(number) else { throw invalid }
            self.port = number
        } else {
            self.port = isHTTPS ? 443 : 80
        }
        self.host = String(host).lowercased()
    }

    /// Whether the host is an address already.
    var literalAddress: String? { Self.octets(host) == nil ? nil : host }

    /// Telegram's rules on scheme, port and address. Gives the address it will connect to.
    func check(addresses: HostAddresses?, fixed: String?) throws(APIFailure) -> String? {
        guard isHTTPS else { throw .badRequest("bad webhook: An HTTPS URL must be provided for webhook") }
        guard Self.ports.contains(port) else {
            throw .badRequest("bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443")
        }
        if host.contains(":"), fixed == nil { throw .badRequest("bad webhook: IPv6-only addresses are not allowed") }
        let address: String?
        switch (fixed ?? literalAddress, addresses) {
        case (let known?, _): address = known
        case (nil, .found(let all)?): address = all.first
        case (nil, .failed(let reason)?): throw .badRequest("bad webhook: Failed to resolve host: \(reason)")
        case (nil, nil): address = nil
        }
        if let address, Self.isReserved(address) { throw .badRequest("bad webhook: IP address \(address) is reserved") }
        return address
    }

    /// Whether an IPv4 address is not one of the public Internet (RFC 6890).
    static func isReserved(_ address: String) -> Bool {
        guard let o = octets(address) else { return true }
        switch (o[0], o[1], o[2]) {
        case (0, _, _), (10, _, _), (127, _, _), (224...255, _, _), (169, 254, _), (192, 168, _): return true
        case (100, 64...127, _), (172, 16...31, _), (198, 18...19, _): return true
        case (192, 0, 0), (192, 0, 2), (198, 51, 100), (203, 0, 113): return true
        default: return false
        }
    }

    private static func octets(_ address: String) -> [UInt8]? {
        let parts = address.split(separator: ".", omittingEmptySubsequences: false)
        let octets = parts.compactMap { $0.utf8.count <= 3 ? UInt8($0) : nil }
        return parts.count == 4 && octets.count == 4 ? octets : nil
    }
}
