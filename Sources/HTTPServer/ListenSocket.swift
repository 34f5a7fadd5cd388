// Which of the two modules `sockaddr_storage` belongs to depends on the order in which the compiler loads them.
import CMicrohttpd
import Glibc

/// A bound, listening, non-blocking TCP socket.
struct ListenSocket {
    let descriptor: Int32
    let port: UInt16

    /// Opens one on the first address of `host` that can be bound.
    init(host: String, port: UInt16) throws(HTTPServerError) {
        var hints = unsafe addrinfo()
        unsafe hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV
        unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        let failure = unsafe getaddrinfo(host, "\(port)", &hints, &list)
        guard failure == 0 else {
            let reason = unsafe String(cString: gai_strerror(failure))
            throw HTTPServerError(
                .invalidAddress, "cannot listen on \(host):\(port): \(reason); give an address of this machine")
        }
        defer { unsafe freeaddrinfo(list) }
        var error: Int32 = EADDRNOTAVAIL
        var next = unsafe list
        while let address = unsafe next {
            if let descriptor = unsafe Self.open(address.pointee) {
                self.descriptor = descriptor
                self.port = Self.boundPort(descriptor) ?? port
                return
            }
            error = errno
            unsafe next = address.pointee.ai_next
        }
        let reason = unsafe String(cString: strerror(error))
        let hint =
            switch error {
            case EADDRINUSE: "another process listens there; stop it or choose another port"
            case EACCES: "ports below 1024 need a privilege; choose a higher port"
            case EADDRNOTAVAIL: "give an address of this machine"
            default: "check the address and the limits of this process"
            }
        throw HTTPServerError(
            .bindFailed, "cannot listen on \(host):\(port): \(reason) (errno \(error)); \(hint)", systemError: error,
            isRetriable: error == EADDRINUSE)
    }

    /// nil with `errno` set when one of the steps failed.
    private static func open(_ address: addrinfo) -> Int32? {
        let type = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        let descriptor = unsafe socket(address.ai_family, type, address.ai_protocol)
        guard descriptor >= 0 else { return nil }
        let on: Int32 = 1
        let off: Int32 = 0
        let size = socklen_t(MemoryLayout<Int32>.size)
        unsafe withUnsafePointer(to: on) { _ = unsafe setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, $0, size) }
        if unsafe address.ai_family == AF_INET6 {
            // "::" takes IPv4 clients too, whatever the system's default says.
            unsafe withUnsafePointer(to: off) {
                _ = unsafe setsockopt(descriptor, Int32(IPPROTO_IPV6), IPV6_V6ONLY, $0, size)
            }
        }
        if unsafe bind(descriptor, address.ai_addr, address.ai_addrlen) == 0, listen(descriptor, SOMAXCONN) == 0 {
            return descriptor
        }
        let error = errno
        close(descriptor)
        errno = error
        return nil
    }

    private static func boundPort(_ descriptor: Int32) -> UInt16? {
        var storage = sockaddr_storage()
        var size = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let result = unsafe withUnsafeMutableBytes(of: &storage) { bytes in
            unsafe getsockname(descriptor, bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self), &size)
        }
        guard result == 0 else { return nil }
        return unsafe withUnsafeBytes(of: storage) { bytes in
            // Both sockaddr_in and sockaddr_in6 have the port, in network order, behind the family.
            unsafe UInt16(bigEndian: bytes.load(fromByteOffset: 2, as: UInt16.self))
        }
    }
}
