/// What every answer of the Bot API has beside its result: `{"ok":false,"error_code":…,"description":…,"parameters":…}`.
package struct AnswerHead: Decodable, Sendable {
    package let ok: Bool
    package let errorCode: Int?
    package let description: String?
    package let parameters: Parameters?

    /// `ResponseParameters`: how an error can be mended.
    package struct Parameters: Decodable, Sendable {
        package let migrateToChatID: Int64?
        /// Seconds.
        package let retryAfter: Int?

        enum CodingKeys: String, CodingKey {
            case migrateToChatID = "migrate_to_chat_id"
            case retryAfter = "retry_after"
        }
    }

    enum CodingKeys: String, CodingKey {
        case ok, description, parameters
        case errorCode = "error_code"
    }
}
