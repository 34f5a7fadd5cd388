import COpenSSL

/// The hash function of FIPS 180-4 with 32 bytes of output.
package enum SHA256 {
    /// The length of a hash in bytes.
    package static let byteCount = 32

    /// The hash of `bytes`, 32 bytes long.
    package static func hash(_ bytes: [UInt8]) -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: byteCount)
        let done = unsafe EVP_Digest(bytes, bytes.count, &digest, nil, EVP_sha256(), nil)
        // Only a build of OpenSSL without SHA-256 could refuse, and with one of those TLS would not work either.
        precondition(done == 1, "OpenSSL has no SHA-256")
        return digest
    }

    /// The hash of `bytes` as 64 lower-case hexadecimal digits.
    package static func hex(_ bytes: [UInt8]) -> String {
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        text.reserveCapacity(2 * byteCount)
        for byte in hash(bytes) {
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }
}
