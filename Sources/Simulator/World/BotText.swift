/// A text of a bot's profile; the raw value is the argument's name.
enum BotText: String, CaseIterable, Sendable {
    case name
    case description
    case shortDescription = "short_description"

    /// In characters.
    var longest: Int {
        switch self {
        case .name: 64
        case .description: 512
        case .shortDescription: 120
        }
    }

    /// The methods' names without `set` and `get`.
    var methodSuffix: String {
        switch self {
        case .name: "MyName"
        case .description: "MyDescription"
        case .shortDescription: "MyShortDescription"
        }
    }
}
