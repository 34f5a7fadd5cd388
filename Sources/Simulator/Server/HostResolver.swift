import Dispatch
import Glibc

/// The system's resolver, away from the cooperative pool because it blocks.
enum HostResolver {
    /// The IPv4 addresses of a host, as Telegram looks for them.
    static func addresses(of host: String) async -> HostAddresses {
        await withCheckedContinuation { continuation in
            DispatchQueue.global().async { continuation.resume(returning: resolve(host)) }
        }
    }

    private static func resolve(_ host: String) -> HostAddresses {
        var hints = unsafe addrinfo()
        unsafe hints.ai_family = AF_INET
        unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        let status = unsafe getaddrinfo(host, nil, &hints, &list)
        defer { unsafe freeaddrinfo(list) }
        guard status == 0 else {
            return .failed(unsafe gai_strerror(status).map { unsafe String(cString: $0) } ?? "error \(status)")
        }
        var found: [String] = []
        var entry = unsafe list
        while let current = unsafe entry {
            var text = [CChar](repeating: 0, count: 64)
            let result = unsafe getnameinfo(
                current.pointee.ai_addr, current.pointee.ai_addrlen, &text, socklen_t(text.count), nil, 0,
                NI_NUMERICHOST)
            if result == 0 {
                found.append(String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self))
            }
            unsafe entry = current.pointee.ai_next
        }
        return found.isEmpty ? .failed("No address associated with hostname") : .found(found)
    }
}
