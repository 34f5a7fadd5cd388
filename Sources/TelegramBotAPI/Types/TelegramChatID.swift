/// A chat as methods take it: by its number, or a public one by its @name.
package enum TelegramChatID: Sendable, Hashable, Encodable, CustomStringConvertible {
    case id(Int64)
    /// With the `@`.
    case name(String)

    /// `nil` when the text is neither a number nor a name with `@`.
    package init?(_ text: String) {
        if let id = Int64(text) {
            self = .id(id)
        } else if text.hasPrefix("@"), text.utf8.count > 1 {
            self = .name(text)
        } else {
            return nil
        }
    }

    package var description: String {
        switch self {
        case .id(let id): "\(id)"
        case .name(let name): name
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .id(let id): try container.encode(id)
        case .name(let name): try container.encode(name)
        }
    }
}
