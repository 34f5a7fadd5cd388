package import Observability

extension HTTPClient {
    /// The settings of a client.
    package struct Configuration: Sendable {
        /// Through which proxy requests go.
        package enum Proxy: Sendable {
            /// Directly, whatever the environment says.
            case none
            /// What `https_proxy`, `http_proxy` and `no_proxy` say.
            case environment
            /// This one, in curl's notation: `http://user:password@host:port`.
            case url(Sensitive<String>)
        }

        /// For the look-up of the name, the connection and TLS together.
        package var connectTimeout: Duration = .seconds(10)

        /// Connections to one host at most; further requests wait for one. A stream over HTTP/1.1 holds one to its end.
        package var maxConnectionsPerHost = 16

        /// Connections at most, those in use and those kept for later together.
        package var maxConnections = 256

        /// How long an unused connection may be used again, in whole seconds.
        package var idleConnectionLifetime: Duration = .seconds(60)

        /// The value of `User-Agent` where a request has none.
        package var userAgent = "telegram-serverless"

        package var tls = TLS()

        /// Whether to speak HTTP/2 with servers that offer it by TLS. Plain HTTP is always HTTP/1.1.
        ///
        /// libcurl 7.88 opens a window of 32 MiB for each HTTP/2 stream and keeps what comes in meanwhile, so a slow reader
        /// costs up to that much. Over HTTP/1.1 it costs ``streamBufferBytes`` and a connection.
        package var http2 = true

        /// The longest body ``HTTPClient/execute(_:)`` keeps; longer ones are an error with the code `bodyTooLarge`.
        package var maxResponseBytes = 64 << 20

        /// How much of a streamed body, in either direction, is kept for a side that is slower.
        package var streamBufferBytes = 256 << 10

        package var proxy = Proxy.none

        package init() {}

        func validate() throws(HTTPClientError) {
            let numbers = [
                ("maxConnectionsPerHost", maxConnectionsPerHost), ("maxConnections", maxConnections),
                ("maxResponseBytes", maxResponseBytes), ("streamBufferBytes", streamBufferBytes),
            ]
            for (name, number) in numbers where number < 1 {
                throw HTTPClientError(.invalidConfiguration, "the HTTP client's \(name) is \(number); give at least 1")
            }
            guard connectTimeout > .zero else {
                throw HTTPClientError(.invalidConfiguration, "the HTTP client's connectTimeout is not positive")
            }
            guard (tls.certificatePEM == nil) == (tls.privateKeyPEM == nil) else {
                throw HTTPClientError(
                    .invalidConfiguration, "a client certificate needs its private key, and the key its certificate")
            }
            guard userAgent.utf8.allSatisfy({ (0x20...0x7e).contains($0) }) else {
                throw HTTPClientError(.invalidConfiguration, "the HTTP client's userAgent is not printable ASCII")
            }
        }
    }
}
