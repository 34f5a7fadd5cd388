import Glibc

/// Certificates or a key in memory that stays in one place, for libcurl to read; wiped at the end.
@safe final class PEMBlob {
    private let bytes: UnsafeMutableRawBufferPointer

    init?(_ pem: [UInt8]?) {
        guard let pem else { return nil }
        unsafe bytes = .allocate(byteCount: max(1, pem.count), alignment: 1)
        unsafe bytes.copyBytes(from: pem)
        count = pem.count
    }

    deinit {
        if let address = unsafe bytes.baseAddress { unsafe explicit_bzero(address, bytes.count) }
        unsafe bytes.deallocate()
    }

    /// The number of bytes.
    let count: Int

    /// Valid as long as this object.
    @unsafe var address: UnsafeMutableRawPointer? { unsafe bytes.baseAddress }
}
