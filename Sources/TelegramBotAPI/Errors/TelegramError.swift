import Observability

/// What went wrong in a call to the Bot API. Tokens and message texts do not stand in it.
package struct TelegramError: Error, Sendable, CustomStringConvertible {
    package enum Code: Sendable, Hashable {
        /// The text is no bot token; nothing was sent.
        case malformedToken
        /// 401: the token is unknown or was revoked.
        case unauthorized
        /// 404 `Not Found`: the server does not take the token for one.
        case notFound
        /// 404 `Not Found: method not found`.
        case methodNotFound
        /// 400 of any other kind: the same request will fail again.
        case badRequest
        /// 400 with `migrate_to_chat_id`: the group became a supergroup with this id.
        case chatMigrated(to: Int64)
        /// 403: blocked, kicked, deactivated.
        case forbidden
        /// 409: a webhook is set, or someone else polls or sets it.
        case conflict
        /// 413: the request is too big.
        case payloadTooLarge
        /// 429: not before so many seconds.
        case tooManyRequests(retryAfter: Int)
        /// 5xx: the server's fault. Whether the request was carried out is not known.
        case server
        /// No answer, and the request surely did not reach the server or may be repeated without harm.
        case transport
        /// No answer to a request that makes something and was sent: it may have been carried out.
        case outcomeUnknown
        /// An answer that is not the Bot API's: a proxy's page, or another server.
        case malformedAnswer
        /// The calling task was cancelled.
        case cancelled
        /// The call could not be put into a request: an argument that is no JSON, a base URL that is no URL.
        case invalidRequest
    }

    package let code: Code
    /// One sentence for people: what happened and, where there is one, the next step.
    package let message: String
    /// `error_code` of the answer, or the HTTP status when there was no such answer; `nil` without an answer.
    package let status: Int?
    /// `description` of the answer as Telegram wrote it.
    package let apiDescription: String?

    package init(_ code: Code, _ message: String, status: Int? = nil, apiDescription: String? = nil) {
        self.code = code
        self.message = Redaction.mask(message)
        self.status = status
        self.apiDescription = apiDescription.map(Redaction.mask)
    }

    package var description: String { message }

    /// Whether the same call can succeed later without anyone changing anything, and repeating it does no harm.
    /// For 5xx see ``Disposition``: it depends on the method.
    package var isRetriable: Bool {
        switch code {
        case .tooManyRequests, .server, .transport: true
        default: false
        }
    }

    /// How long Telegram asked to wait.
    package var retryAfter: Duration? {
        if case .tooManyRequests(let seconds) = code { .seconds(seconds) } else { nil }
    }

    /// Whether the token is to blame: nothing works until its owner changes it.
    package var isTokenRefused: Bool {
        switch code {
        case .malformedToken, .unauthorized, .notFound: true
        default: false
        }
    }
}
