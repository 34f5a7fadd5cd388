import TelegramBotAPI

extension TelegramClient {
    /// What Telegram has for a part of a profile.
    func read(
        _ key: ProfileKey, token: BotToken, timeout: Duration
    ) async throws(TelegramError) -> ProfileValue {
        switch key {
        case .text(.name, let language):
            return .cleaned(try await getMyName(language: language.orNil, token: token, timeout: timeout))
        case .text(.description, let language):
            return .cleaned(try await getMyDescription(language: language.orNil, token: token, timeout: timeout))
        case .text(.shortDescription, let language):
            return .cleaned(try await getMyShortDescription(language: language.orNil, token: token, timeout: timeout))
        case .commands(let scope, let language):
            return .cleaned(
                try await getMyCommands(scope: scope, language: language.orNil, token: token, timeout: timeout))
        case .menuButton: return .cleaned(try await getChatMenuButton(token: token, timeout: timeout))
        }
    }

    /// Gives Telegram a part of a profile.
    func write(
        _ call: ProfilePlan.Call, token: BotToken, timeout: Duration
    ) async throws(TelegramError) {
        switch (call.key, call.value) {
        case (.text(.name, let language), .text(let text)):
            try await setMyName(text, language: language.orNil, token: token, timeout: timeout)
        case (.text(.description, let language), .text(let text)):
            try await setMyDescription(text, language: language.orNil, token: token, timeout: timeout)
        case (.text(.shortDescription, let language), .text(let text)):
            try await setMyShortDescription(text, language: language.orNil, token: token, timeout: timeout)
        case (.commands(let scope, let language), .commands(let commands)) where commands.isEmpty:
            try await deleteMyCommands(scope: scope, language: language.orNil, token: token, timeout: timeout)
        case (.commands(let scope, let language), .commands(let commands)):
            try await setMyCommands(
                commands, scope: scope, language: language.orNil, token: token, timeout: timeout)
        case (.menuButton, .menuButton(let button)):
            try await setChatMenuButton(button, token: token, timeout: timeout)
        case (.text, _), (.commands, _), (.menuButton, _): break
        }
    }
}

extension String {
    fileprivate var orNil: String? { isEmpty ? nil : self }
}
