import COpenSSL

/// Bytes and tokens nobody can guess, from OpenSSL's generator seeded by the kernel.
package enum SecureRandom {
    /// 64 characters, so that six random bits pick one without bias. All of them may stand in a URL, in a header and in
    /// Telegram's `secret_token` (1-256 characters of `A-Z a-z 0-9 _ -`).
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-".utf8)

    /// `n` random bytes.
    package static func bytes(_ n: Int) throws(CryptographyError) -> [UInt8] {
        guard n > 0 else { return [] }
        var bytes = [UInt8](repeating: 0, count: n)
        guard let count = CInt(exactly: n), unsafe RAND_bytes(&bytes, count) == 1 else {
            throw .fromQueue(
                .noRandomness, "cannot get \(n) random bytes; check that the kernel's getrandom is allowed here")
        }
        return bytes
    }

    /// `length` random characters of `A-Za-z0-9_-`, six bits each: 22 carry as much as a UUID, 43 as a 256-bit key.
    package static func token(length: Int) throws(CryptographyError) -> String {
        let characters = try bytes(length).map { alphabet[Int($0 & 63)] }
        return String(decoding: characters, as: UTF8.self)
    }
}
