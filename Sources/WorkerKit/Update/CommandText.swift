/// A message's text as a bot command: `/name`, `/name@bot`, `/name arguments`.
struct CommandText: Equatable {
    /// In small letters.
    let name: String
    let arguments: String

    /// Commands have at most so many letters, digits and underscores.
    private static let longestName = 32

    /// `nil` when `text` does not begin with a command.
    init?(_ text: String) {
        guard text.hasPrefix("/") else { return nil }
        let head = text.dropFirst().prefix { !$0.isWhitespace }
        let name = head.prefix { $0 != "@" }
        guard !name.isEmpty, name.utf8.count <= Self.longestName,
            name.unicodeScalars.allSatisfy({
                $0.isASCII && ($0.properties.isAlphabetic || $0 == "_" || ("0"..."9") ~= $0)
            })
        else { return nil }
        self.name = name.lowercased()
        let rest = text[head.endIndex...].drop { $0.isWhitespace }
        arguments = String(rest)
    }
}
