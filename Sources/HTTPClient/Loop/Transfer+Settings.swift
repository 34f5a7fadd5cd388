import CCurl
import Concurrency
import HTTPTypes
import Observability

extension Transfer {
    /// Tells libcurl all about the request.
    func configure(_ settings: TransferSettings) throws(HTTPClientError) {
        let request = exchange.request
        try unsafe handle.set(context: Unmanaged.passUnretained(self).toOpaque())
        try setCallbacks()
        try setLimits(settings)
        try setBody(request)
        try handle.set(headers: request.fields.lines)
        try handle.set(CURLOPT_USERAGENT, settings.configuration.userAgent)
        if let serverName = request.serverName {
            try handle.set(CURLOPT_URL, request.target.url(host: serverName))
            try handle.set(connectTo: request.target.connectTo(from: serverName))
        } else {
            try handle.set(CURLOPT_URL, request.target.url())
        }
        if request.target.isTLS { try setTLS(settings) }
        let http2 = settings.configuration.http2 && request.target.isTLS
        try handle.set(CURLOPT_HTTP_VERSION, Int(http2 ? CURL_HTTP_VERSION_2TLS : CURL_HTTP_VERSION_1_1))
        // Rather wait for the first connection and share it than open one for each request that comes meanwhile.
        try handle.set(CURLOPT_PIPEWAIT, http2)
    }

    /// What holds for all requests.
    private func setLimits(_ settings: TransferSettings) throws(HTTPClientError) {
        let configuration = settings.configuration
        try handle.set(CURLOPT_NOSIGNAL, true)
        try handle.set(CURLOPT_PROTOCOLS_STR, "http,https")
        try handle.set(CURLOPT_REDIR_PROTOCOLS_STR, "http,https")
        try handle.set(CURLOPT_FOLLOWLOCATION, false)
        try handle.set(CURLOPT_PATH_AS_IS, true)
        try handle.set(CURLOPT_HTTP09_ALLOWED, false)
        try handle.set(CURLOPT_TCP_KEEPALIVE, true)
        try handle.set(CURLOPT_TCP_KEEPIDLE, 30)
        try handle.set(CURLOPT_TCP_KEEPINTVL, 10)
        try handle.set(CURLOPT_CONNECTTIMEOUT_MS, max(1, configuration.connectTimeout.milliseconds))
        try handle.set(CURLOPT_MAXAGE_CONN, max(1, configuration.idleConnectionLifetime.milliseconds / 1000))
        // A cancelled look-up of a name must not hold up the loop until the resolver gives up.
        try handle.set(CURLOPT_QUICK_EXIT, true)
        switch configuration.proxy {
        case .none: try handle.set(CURLOPT_PROXY, "")
        case .environment: break
        case .url(let url): try handle.set(CURLOPT_PROXY, url.value)
        }
        try handle.set(CURLOPT_SUPPRESS_CONNECT_HEADERS, true)
    }

    private func setBody(_ request: PreparedRequest) throws(HTTPClientError) {
        switch request.body {
        case .none where request.method == .head:
            try handle.set(CURLOPT_NOBODY, true)
        case .none where ![.post, .put, .patch].contains(request.method):
            try handle.set(CURLOPT_HTTPGET, true)
        case .none:
            // A length of zero, which servers want to see with these methods.
            try handle.set(CURLOPT_POST, true)
            try handle.set(body: [])
        case .bytes(let bytes):
            try handle.set(CURLOPT_POST, true)
            try handle.set(body: bytes)
        case .stream(let length, _):
            try handle.set(CURLOPT_UPLOAD, true)
            try handle.set(CURLOPT_INFILESIZE_LARGE, offset: length ?? -1)
        }
        if request.method != .head { try handle.set(CURLOPT_CUSTOMREQUEST, request.method.rawValue) }
    }

    private func setTLS(_ settings: TransferSettings) throws(HTTPClientError) {
        try handle.set(CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
        try handle.set(CURLOPT_SSL_VERIFYPEER, settings.configuration.tls.verifyPeer)
        try handle.set(CURLOPT_SSL_VERIFYHOST, settings.configuration.tls.verifyPeer ? 2 : 0)
        if let authorities = settings.authorities {
            try handle.set(CURLOPT_CAINFO_BLOB, authorities)
            // The blob takes the place of the system's file, but its folder would be trusted beside it.
            try handle.set(CURLOPT_CAPATH, nil)
        }
        if let certificate = settings.certificate, let key = settings.key {
            try handle.set(CURLOPT_SSLCERT_BLOB, certificate)
            try handle.set(CURLOPT_SSLKEY_BLOB, key)
            // OpenSSL would ask on the terminal for the passphrase of an encrypted key.
            try handle.set(CURLOPT_KEYPASSWD, "")
        }
    }
}
