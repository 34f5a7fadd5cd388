import CCurl
import Observability

extension HTTPClientError {
    /// What a failed transfer means to the caller.
    ///
    /// - Parameters:
    ///   - text: what libcurl says beyond the code; may be empty.
    ///   - wasSent: whether a byte of the request may have gone out.
    init(code: CURLcode, text: String, target: RequestTarget, wasSent: Bool) {
        var message = "the request to \(target.authority) failed: \(curlText(code))"
        // None of libcurl's texts repeats the path; should one do, it is worth less than the secret in it.
        if !text.isEmpty, target.path.count < 2 || !text.contains(target.path) {
            message += " (\(Redaction.mask(text)))"
        }
        self.init(
            Self.classify(code, text: text, wasSent: wasSent), message, requestWasSent: wasSent,
            curlCode: Int32(bitPattern: code.rawValue))
    }

    static func classify(_ code: CURLcode, text: String, wasSent: Bool) -> Code {
        switch code {
        // An answer without a status line counts as HTTP/0.9, a protocol that is not supported.
        case CURLE_URL_MALFORMAT, CURLE_UNSUPPORTED_PROTOCOL: return wasSent ? .invalidResponse : .invalidURL
        case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY: return .resolveFailed
        case CURLE_COULDNT_CONNECT, CURLE_PROXY: return .connectFailed
        case CURLE_OPERATION_TIMEDOUT: return .timedOut
        case CURLE_SSL_CONNECT_ERROR:
            return brokeInHandshake(text) ? .connectFailed : .tls
        case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CERTPROBLEM, CURLE_SSL_CIPHER, CURLE_SSL_CACERT_BADFILE,
            CURLE_SSL_ISSUER_ERROR, CURLE_SSL_INVALIDCERTSTATUS, CURLE_SSL_CLIENTCERT, CURLE_SSL_ENGINE_INITFAILED,
            CURLE_USE_SSL_FAILED:
            return .tls
        case CURLE_RECV_ERROR, CURLE_SEND_ERROR:
            // With TLS 1.3 a client hears only behind its request that its certificate was not accepted.
            if text.contains(" alert ") { return .tls }
            return wasSent ? .connectionLost : .connectFailed
        case CURLE_PARTIAL_FILE, CURLE_GOT_NOTHING, CURLE_HTTP2, CURLE_HTTP2_STREAM, CURLE_SEND_FAIL_REWIND:
            return wasSent ? .connectionLost : .connectFailed
        case CURLE_WEIRD_SERVER_REPLY, CURLE_BAD_CONTENT_ENCODING: return .invalidResponse
        default: return .other
        }
    }

    /// Whether a TLS handshake failed because the connection did, which another try may cure.
    private static func brokeInHandshake(_ text: String) -> Bool {
        // "OpenSSL SSL_connect: <error of the socket> in connection to …" against "OpenSSL/3: error:0A000086:…".
        text.contains("SSL_connect:") || text.contains("unexpected eof")
    }
}
