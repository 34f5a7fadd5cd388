import FoundationEssentials
import HTTPTypes
import KubernetesTypes

extension KubernetesError {
    /// An answer that is not a success.
    ///
    /// - Parameter request: names what was asked: "GET /api/v1/…".
    init(status code: HTTPStatus, headers: HTTPHeaders, body: [UInt8], request: String) {
        var status: Status
        do {
            status = try JSONDecoder().decode(Status.self, from: Data(body))
        } catch {
            // Not the API server's own answer: a proxy's page, plain text of an authentication layer.
            status = Status(message: Self.excerpt(body))
        }
        status.code = status.code ?? code.rawValue
        let retryAfter = headers["Retry-After"].flatMap { Int($0) }.flatMap { $0 >= 0 ? $0 : nil }
        self.init(status: status, request: request, retryAfterHeader: retryAfter.map { .seconds($0) })
    }

    init(status: Status, request: String, retryAfterHeader: Duration? = nil) {
        var reason = status.reason ?? .unknown
        if reason == .unknown { reason = .implied(byStatusCode: status.code ?? 0) }
        let seconds = status.details?.retryAfterSeconds.flatMap { $0 > 0 ? $0 : nil }
        var text = "The API server refused \(request): \(reason)"
        if let code = status.code { text += " (\(code))" }
        if let message = status.message, !message.isEmpty { text += ": \(message)" }
        self.init(
            .api(reason), text, status: status, retryAfter: retryAfterHeader ?? seconds.map { .seconds($0) },
            requestWasSent: true)
    }

    /// The beginning of a text body, on one line.
    private static func excerpt(_ body: [UInt8]) -> String {
        let text = String(decoding: body.prefix(200), as: UTF8.self)
        return String(text.map { $0.isNewline ? " " : $0 })
    }
}
