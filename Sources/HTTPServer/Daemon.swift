import CMicrohttpd
import Glibc

/// A running libmicrohttpd daemon.
///
/// `@unchecked Sendable` is safe: libmicrohttpd's functions used here may be called from any thread; the owner calls
/// `stop` once, when nobody adds connections any more.
@safe struct Daemon: @unchecked Sendable {
    private let server: OpaquePointer

    /// nil when it failed; the reason went to the settings' `log`.
    init?(_ settings: cmhd_settings) {
        guard let server = unsafe withUnsafePointer(to: settings, { unsafe cmhd_start($0) }) else { return nil }
        unsafe self.server = server
    }

    /// Hands over an accepted socket. Answers whether it was taken; it is closed when not.
    func add(_ descriptor: Int32, _ address: sockaddr_storage, _ size: socklen_t) -> Bool {
        unsafe withUnsafeBytes(of: address) { bytes in
            unsafe cmhd_add(server, descriptor, bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self), size)
                == cmhd_yes
        }
    }

    /// Joins its threads and closes all connections. Aborts the process when one is suspended.
    func stop() { unsafe cmhd_stop(server) }
}
