/// Why a server could not start. Requests never throw: they are answered.
package struct HTTPServerError: Error, CustomStringConvertible, Sendable {
    package enum Code: Sendable, Equatable {
        /// The host is neither an address nor a name that resolves to one of this machine's.
        case invalidAddress
        /// The address is taken, not this machine's, or not allowed to this user.
        case bindFailed
        /// The certificate or its key cannot be used.
        case invalidTLS
        /// libmicrohttpd could not start: out of threads, memory or descriptors.
        case startFailed
        /// A server starts once; this one has been shut down.
        case alreadyStopped
    }

    package let code: Code
    /// What failed, with the address, and what to do about it.
    package let message: String
    /// The system's error number where one was the cause, else 0.
    package let systemError: Int32
    /// Whether trying again later can help without a change of configuration.
    package let isRetriable: Bool

    init(_ code: Code, _ message: String, systemError: Int32 = 0, isRetriable: Bool = false) {
        self.code = code
        self.message = message
        self.systemError = systemError
        self.isRetriable = isRetriable
    }

    package var description: String { message }
}
