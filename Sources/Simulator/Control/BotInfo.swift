/// A bot as the control API shows it. The token is no secret here: whoever reaches the control API owns all bots.
package struct BotInfo: Codable, Sendable, Equatable {
    package let id: Int64
    package let token: String
    package let username: String
    package let firstName: String

    enum CodingKeys: String, CodingKey {
        case id, token, username
        case firstName = "first_name"
    }
}
