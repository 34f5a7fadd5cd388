import CCurl
import Testing

@testable import HTTPClient

@Suite struct ErrorTests {
    @Test func failuresAreToldApart() {
        let reset = "OpenSSL SSL_connect: Connection reset by peer in connection to 127.0.0.1:443"
        let protocolError = "OpenSSL/3.0.15: error:0A00010B:SSL routines::wrong version number"
        let certificate = "OpenSSL SSL_read: error:0A00045C:SSL routines::tlsv13 alert certificate required, errno 0"
        let cases: [(CURLcode, String, Bool, HTTPClientError.Code)] = [
            (CURLE_SSL_CONNECT_ERROR, reset, false, .connectFailed),
            (CURLE_SSL_CONNECT_ERROR, protocolError, false, .tls),
            (CURLE_RECV_ERROR, certificate, true, .tls),
            (CURLE_RECV_ERROR, "Recv failure: Connection reset by peer", true, .connectionLost),
            (CURLE_SEND_ERROR, "", false, .connectFailed),
            (CURLE_GOT_NOTHING, "", true, .connectionLost),
            (CURLE_UNSUPPORTED_PROTOCOL, "", false, .invalidURL),
            (CURLE_UNSUPPORTED_PROTOCOL, "", true, .invalidResponse),
            (CURLE_OPERATION_TIMEDOUT, "", false, .timedOut),
            (CURLE_OUT_OF_MEMORY, "", false, .other),
        ]
        for (code, text, wasSent, expected) in cases {
            #expect(HTTPClientError.classify(code, text: text, wasSent: wasSent) == expected, "\(code) \(text)")
        }
    }

    @Test func noPathGetsIntoAMessage() throws {
        let target = try RequestTarget("https://api.example.test/bot12:abcdefghijklmnopqrstuvwxyzabcdefghij/getMe")
        for text in ["GET \(target.path) failed", "about 12:abcdefghijklmnopqrstuvwxyzabcdefghij"] {
            let error = HTTPClientError(code: CURLE_RECV_ERROR, text: text, target: target, wasSent: true)
            #expect(!"\(error)".contains("abcdef"))
            #expect("\(error)".contains("api.example.test"))
        }
    }

    @Test func settingsAreChecked() {
        let broken: [@Sendable (inout HTTPClient.Configuration) -> Void] = [
            { $0.maxConnections = 0 }, { $0.maxConnectionsPerHost = -1 }, { $0.maxResponseBytes = 0 },
            { $0.streamBufferBytes = 0 }, { $0.connectTimeout = .zero }, { $0.userAgent = "a\r\nb" },
            { $0.tls.certificatePEM = [] },
        ]
        for change in broken {
            let error = #expect(throws: HTTPClientError.self) { _ = try HTTPClient(.with(change)) }
            #expect(error?.code == .invalidConfiguration)
        }
    }
}
