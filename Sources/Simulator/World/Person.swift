/// A user of the simulated Telegram.
struct Person: Sendable {
    let id: Int64
    var firstName: String
    var lastName: String?
    var username: String?
    var languageCode: String?
    /// Bots this person has written to.
    var started: Set<Int64> = []
    /// Bots this person has blocked.
    var blocked: Set<Int64> = []

    /// `User`.
    var userJSON: String {
        JSONObjectWriter.object {
            $0.add("id", id)
            $0.add("is_bot", false)
            $0.add("first_name", firstName)
            $0.addIfPresent("last_name", lastName)
            $0.addIfPresent("username", username)
            $0.addIfPresent("language_code", languageCode)
        }
    }
}
