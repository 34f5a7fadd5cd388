extension HTTPServer {
    /// How a server listens and what it allows its clients.
    package struct Configuration: Sendable {
        /// An address or name of this machine; "0.0.0.0" or "::" for all of its addresses.
        package var host: String
        /// 0: a free one, told by ``HTTPServer/port``.
        package var port: UInt16
        /// Threads that read, write and run the synchronous beginnings of handlers. At least 1.
        package var threads: Int
        /// Connections above it wait in the kernel's queue, until one of those there are is closed; see ``crowdedIdleTimeout``.
        package var maxConnections: Int
        /// While all connections are taken and others wait, those without a request for so long are closed.
        package var crowdedIdleTimeout = Duration.seconds(5)
        /// Larger bodies are answered 413.
        package var maxBodyBytes: Int
        /// Bytes of bodies that may be held at a time, of all requests together: from their arrival until they are answered.
        /// What comes beyond is not kept, and answered 503. `nil`: no limit but that of each.
        package var maxHeldBytes: Int?
        /// Asked of each request's head while half of that room is taken: what it gives is answered before the body has come, and
        /// the connection closed. So that strangers cannot take the room that those who are known need.
        package var refusalWhileFilling: (@Sendable (HTTPServerRequest) -> HTTPServerResponse?)?
        /// What such a 503 says in `Retry-After`, in seconds.
        package var retryAfterSeconds = 1
        /// Larger bodies, and those of unknown length, are not collected: the handler starts before them and reads them as
        /// they come from ``HTTPServerRequest/stream``. `nil`: all are collected.
        package var streamedBodyBytes: Int?
        /// Larger request heads are answered 431 or 414.
        package var maxHeaderBytes: Int
        /// A connection on which nothing moves for so long is closed. Whole seconds, rounded up.
        package var idleTimeout: Duration
        /// How long a request may take to arrive from its first line to its last byte, however steadily it drips.
        package var requestTimeout: Duration
        /// A handler that takes longer is cancelled and its request answered 503.
        package var handlerTimeout: Duration
        /// How long ``HTTPServer/shutdown()`` waits for answers in flight; the handler's time-out when nil.
        package var shutdownTimeout: Duration?
        /// Plain HTTP when nil.
        package var tls: ServerTLS?

        package init(
            host: String = "127.0.0.1", port: UInt16 = 0, threads: Int = 2, maxConnections: Int = 10_000,
            maxBodyBytes: Int = 1 << 20, streamedBodyBytes: Int? = nil, maxHeaderBytes: Int = 16 << 10,
            idleTimeout: Duration = .seconds(60),
            requestTimeout: Duration = .seconds(60), handlerTimeout: Duration = .seconds(60),
            shutdownTimeout: Duration? = nil, tls: ServerTLS? = nil
        ) {
            self.host = host
            self.port = port
            self.threads = threads
            self.maxConnections = maxConnections
            self.maxBodyBytes = maxBodyBytes
            self.streamedBodyBytes = streamedBodyBytes
            self.maxHeaderBytes = maxHeaderBytes
            self.idleTimeout = idleTimeout
            self.requestTimeout = requestTimeout
            self.handlerTimeout = handlerTimeout
            self.shutdownTimeout = shutdownTimeout
            self.tls = tls
        }
    }
}
