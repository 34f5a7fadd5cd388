/// A user to make, and the user made. What is `nil` is chosen.
package struct UserSpec: Codable, Sendable, Equatable {
    package var id: Int64?
    package var firstName: String?
    package var lastName: String?
    package var username: String?
    package var languageCode: String?

    package init(
        id: Int64? = nil, firstName: String? = nil, lastName: String? = nil, username: String? = nil,
        languageCode: String? = nil
    ) {
        self.id = id
        self.firstName = firstName
        self.lastName = lastName
        self.username = username
        self.languageCode = languageCode
    }

    enum CodingKeys: String, CodingKey {
        case id, username
        case firstName = "first_name"
        case lastName = "last_name"
        case languageCode = "language_code"
    }
}
