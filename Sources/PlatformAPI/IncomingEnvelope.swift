/// The value of a record on a bot's incoming topic: `{"bot_id":"bot_…","update":{…}}`, the update byte for byte as
/// Telegram sent it. Its headers are ``Header``.
package enum IncomingEnvelope {
    /// Names of the record's headers.
    package enum Header {
        package static let updateID = "update-id"
        /// Milliseconds since 1970 when the gateway had received it.
        package static let receivedAt = "received-at"
        /// Milliseconds since 1970 from when on there is no use in an answer. Only queries have it.
        package static let expiresAt = "expires-at"
        package static let traceparent = "traceparent"
    }

    /// Wraps an update. `update` must be one JSON object; it is not looked at here.
    package static func encode(botID: BotID, update: [UInt8]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(update.count + 48)
        bytes += #"{"bot_id":""#.utf8
        bytes += botID.description.utf8
        bytes += #"","update":"#.utf8
        bytes += update
        bytes.append(UInt8(ascii: "}"))
        return bytes
    }

    /// What a worker decodes.
    package struct Decoded<Update: Decodable>: Decodable {
        package let botID: String
        package let update: Update

        private enum CodingKeys: String, CodingKey {
            case botID = "bot_id"
            case update
        }
    }
}
