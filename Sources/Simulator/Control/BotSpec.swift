/// A bot to make. What is `nil` is chosen.
package struct BotSpec: Codable, Sendable, Equatable {
    /// The number before the token's colon.
    package var id: Int64?
    /// The whole token, when it is to be a certain one; then `id` may be left out.
    package var token: String?
    package var username: String?
    package var firstName: String?

    package init(id: Int64? = nil, token: String? = nil, username: String? = nil, firstName: String? = nil) {
        self.id = id
        self.token = token
        self.username = username
        self.firstName = firstName
    }

    enum CodingKeys: String, CodingKey {
        case id, token, username
        case firstName = "first_name"
    }
}
