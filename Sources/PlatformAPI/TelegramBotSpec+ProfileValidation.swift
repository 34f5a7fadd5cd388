import KubernetesTypes

extension TelegramBotSpec.Profile {
    /// Telegram's limits, in characters.
    package enum Limit {
        package static let name = 64
        package static let description = 512
        package static let shortDescription = 120
        package static let command = 32
        package static let commandDescription = 256
        /// Commands in a list.
        package static let commands = 100
    }

    /// What the schema and its CEL rules refuse, and what they cannot say: each list, language and command once.
    func validate() -> [String] {
        var problems: [String] = []
        let field = "spec.profile"
        problems += Self.texts(field, name, description, shortDescription)
        if let commands { problems += Self.list("\(field).commands", commands) }
        var languages: Set<String> = []
        for (index, entry) in (localized ?? []).enumerated() {
            let field = "\(field).localized[\(index)]"
            problems += Self.language("\(field).language", entry.language)
            if !languages.insert(entry.language).inserted {
                problems.append("\(field).language is \"\(entry.language)\" a second time: keep one entry for it")
            }
            problems += Self.texts(field, entry.name, entry.description, entry.shortDescription, isLocalized: true)
            if let commands = entry.commands { problems += Self.list("\(field).commands", commands) }
        }
        for (index, set) in (commandSets ?? []).enumerated() {
            problems += Self.set("\(field).commandSets[\(index)]", set)
            let isRepeated = (commandSets ?? [])[..<index].contains {
                $0.scope == set.scope && $0.chatID?.text == set.chatID?.text && $0.userID == set.userID
                    && $0.language == set.language
            }
            if isRepeated {
                problems.append(
                    "\(field).commandSets[\(index)] is for the same users as an earlier one: put the commands into one")
            }
        }
        if let menuButton { problems += Self.button("\(field).menuButton", menuButton) }
        return problems
    }

    private static func texts(
        _ field: String, _ name: String?, _ description: String?, _ shortDescription: String?,
        isLocalized: Bool = false
    ) -> [String] {
        var problems: [String] = []
        let texts = [
            ("name", name, Limit.name), ("description", description, Limit.description),
            ("shortDescription", shortDescription, Limit.shortDescription),
        ]
        for (part, text, limit) in texts {
            guard let count = text?.unicodeScalars.count, count > limit else { continue }
            problems.append("\(field).\(part) has \(count) characters: Telegram takes \(limit) at most")
        }
        if !isLocalized, let name, name.allSatisfy(\.isWhitespace) {
            problems.append(
                "\(field).name is empty: a bot always has a name, leave the field out to keep the present one")
        }
        return problems
    }

    private static func language(_ field: String, _ language: String) -> [String] {
        let isCode = language.utf8.count == 2 && language.utf8.allSatisfy { (0x61...0x7a).contains($0) }
        return isCode ? [] : ["\(field) is \"\(language)\": write two letters of ISO 639-1 such as de"]
    }

    private static func list(_ field: String, _ commands: [TelegramBotSpec.Command]) -> [String] {
        var problems: [String] = []
        if commands.count > Limit.commands {
            problems.append("\(field) has \(commands.count) commands: Telegram takes \(Limit.commands) at most")
        }
        var names: Set<String> = []
        for (index, command) in commands.enumerated() {
            let name = command.command
            if !(1...Limit.command).contains(name.utf8.count) || !name.utf8.allSatisfy(isNameByte) {
                problems.append(
                    "\(field)[\(index)].command is \"\(name)\": write 1 to \(Limit.command) of a-z, 0-9 and _, "
                        + "without a slash")
            }
            if !names.insert(name).inserted {
                problems.append("\(field)[\(index)].command is \"\(name)\" a second time: keep one of them")
            }
            let count = command.description.unicodeScalars.count
            if count > Limit.commandDescription || command.description.allSatisfy(\.isWhitespace) {
                problems.append(
                    "\(field)[\(index)].description has \(count) characters: Telegram takes 1 to "
                        + "\(Limit.commandDescription)")
            }
        }
        return problems
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        (0x61...0x7a).contains(byte) || (0x30...0x39).contains(byte) || byte == 0x5f
    }

    private static func set(_ field: String, _ set: TelegramBotSpec.CommandSet) -> [String] {
        var problems = list("\(field).commands", set.commands)
        let scope = set.scope.rawValue
        switch (set.scope.hasChat, set.chatID) {
        case (true, nil): problems.append("\(field).chatID is missing: scope \(scope) is for one chat, name it")
        case (false, .some): problems.append("\(field).chatID is set: scope \(scope) is for many chats, take it out")
        case (true, .some(let chat)):
            if !isChat(chat.text) {
                problems.append("\(field).chatID is \"\(chat.text)\": write the chat's number or a group's @name")
            }
        case (false, nil): break
        }
        switch (set.scope == .chatMember, set.userID) {
        case (true, nil): problems.append("\(field).userID is missing: scope \(scope) is for one user, name it")
        case (false, .some): problems.append("\(field).userID is set: scope \(scope) is for many users, take it out")
        case (true, .some(let user)):
            if user < 1 { problems.append("\(field).userID is \(user): users have numbers above 0") }
        case (false, nil): break
        }
        if let language = set.language { problems += self.language("\(field).language", language) }
        return problems
    }

    private static func isChat(_ text: String) -> Bool {
        if let number = Int64(text) { return number != 0 }
        let name = text.dropFirst()
        let isName = name.utf8.allSatisfy { isNameByte($0) || (0x41...0x5a).contains($0) }
        return text.hasPrefix("@") && (1...32).contains(name.utf8.count) && isName
    }

    private static func button(_ field: String, _ button: TelegramBotSpec.MenuButton) -> [String] {
        guard button.type == .webApp else {
            let extra = [("text", button.text), ("url", button.url)].filter { $0.1 != nil }.map(\.0)
            return extra.map { "\(field).\($0) is set: only the type WebApp has one, take it out" }
        }
        var problems: [String] = []
        if button.text?.allSatisfy(\.isWhitespace) ?? true {
            problems.append("\(field).text is missing: write what stands on the button")
        }
        if let count = button.text?.unicodeScalars.count, count > TelegramBotSpec.MenuButton.longestText {
            problems.append(
                "\(field).text has \(count) characters: at most \(TelegramBotSpec.MenuButton.longestText) are possible")
        }
        let url = button.url ?? ""
        if !url.hasPrefix("https://") || url.utf8.count <= "https://".utf8.count
            || url.contains(where: \.isWhitespace)
        {
            problems.append("\(field).url is \"\(url)\": Telegram opens https://… only")
        }
        return problems
    }
}

extension TelegramBotSpec.MenuButton {
    /// Telegram does not document a limit; more would fit no screen.
    package static let longestText = 64
}

extension IntOrString {
    /// As it is written in a path or key.
    package var text: String {
        switch self {
        case .int(let number): "\(number)"
        case .string(let text): text
        }
    }
}
