import COpenSSL

/// Comparisons whose duration tells nothing about the bytes compared.
package enum ConstantTime {
    /// Whether both are the same bytes. For secrets that a stranger may guess at: only the lengths can be learnt from
    /// how long the answer takes.
    package static func equal(_ a: [UInt8], _ b: [UInt8]) -> Bool {
        guard a.count == b.count else { return false }
        return unsafe CRYPTO_memcmp(a, b, a.count) == 0
    }
}
