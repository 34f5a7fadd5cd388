import COpenSSL

/// OpenSSL refused to do something that only fails when the machine itself is in trouble.
package struct CryptographyError: Error, CustomStringConvertible, Sendable {
    /// What went wrong.
    package enum Code: Sendable, Hashable {
        /// The operating system gave no entropy.
        case noRandomness
    }

    package let code: Code

    /// What failed and what to look at, without any secret.
    package let message: String

    /// OpenSSL's number for the cause (`openssl errstr <hexadecimal>` explains it); 0 when it gave none.
    package let cause: UInt

    /// Never: a second call right after meets the same machine.
    package var isRetriable: Bool { false }

    package var description: String { message }

    /// The error for `code`, with what stands at the front of this thread's OpenSSL error queue as its cause.
    static func fromQueue(_ code: Code, _ message: String) -> CryptographyError {
        let cause = ERR_get_error()
        return CryptographyError(code: code, message: message, cause: UInt(cause))
    }
}
