import KubernetesTypes
import PlatformAPI
import TelegramBotAPI
import Testing

@testable import Operator

@Suite struct ProfileKeyTests {
    @Test(arguments: [
        ("name", ProfileKey.text(.name, language: "")), ("name/de", .text(.name, language: "de")),
        ("shortDescription/fr", .text(.shortDescription, language: "fr")),
        ("commands", .commands(.default, language: "")), ("commands/de", .commands(.default, language: "de")),
        ("commands/all_private_chats", .commands(.allPrivateChats, language: "")),
        ("commands/all_private_chats/de", .commands(.allPrivateChats, language: "de")),
        ("commands/all_group_chats", .commands(.allGroupChats, language: "")),
        ("commands/all_chat_administrators", .commands(.allChatAdministrators, language: "")),
        ("commands/chat:-1001/de", .commands(.chat(.id(-1001)), language: "de")),
        ("commands/chat_administrators:@group", .commands(.chatAdministrators(.name("@group")), language: "")),
        ("commands/chat_member:-5:42", .commands(.chatMember(.id(-5), user: 42), language: "")),
        ("menuButton", .menuButton),
    ]) func theStatusNamesThem(text: String, key: ProfileKey) {
        #expect(key.description == text)
        #expect(ProfileKey(text) == key)
    }

    @Test(arguments: [
        "", "nonsense", "name/de/x", "menuButton/x", "commands/everyone", "commands/chat", "commands/chat:x",
        "commands/chat_member:1", "commands/all_private_chats/de/x",
    ]) func whatNobodyWroteIsNotRead(text: String) {
        #expect(ProfileKey(text) == nil)
    }

    @Test func theNameIsTriedLast() {
        let keys: [ProfileKey] = [
            .text(.name, language: ""), .text(.name, language: "de"), .menuButton, .text(.description, language: ""),
            .commands(.default, language: ""), .text(.shortDescription, language: ""),
        ]
        #expect(
            keys.sorted().map(\.description) == [
                "commands", "menuButton", "description", "shortDescription", "name", "name/de",
            ])
    }
}

@Suite struct ProfileWishTests {
    @Test func onlyWhatIsNamedIsWished() {
        #expect(ProfileWish(nil).values.isEmpty)
        #expect(ProfileWish(.init()).values.isEmpty)
        #expect(ProfileWish(.init(description: "")).values == [.text(.description, language: ""): .text("")])
        let wish = ProfileWish(
            .init(
                name: "Nova", commands: [],
                localized: [
                    .init(language: "de", shortDescription: "x", commands: [.init(command: "a", description: "b")])
                ],
                commandSets: [.init(scope: .chatMember, chatID: "-5", userID: 42, language: "fr", commands: [])],
                menuButton: .init(type: .commands)))
        #expect(
            wish.values == [
                .text(.name, language: ""): .text("Nova"), .commands(.default, language: ""): .commands([]),
                .text(.shortDescription, language: "de"): .text("x"),
                .commands(.default, language: "de"): .commands([BotCommand(command: "a", description: "b")]),
                .commands(.chatMember(.id(-5), user: 42), language: "fr"): .commands([]),
                .menuButton: .menuButton(.commands),
            ])
    }

    /// A block of YAML ends with a line feed, which Telegram drops: that must not look like a difference for ever.
    @Test func itIsSpelledAsTelegramGivesItBack() {
        let wish = ProfileWish(
            .init(
                description: " One\r\ntwo\t3 \n\n", commands: [.init(command: "a", description: " b\n")],
                menuButton: .init(type: .webApp, text: "Shop ", url: "HTTPS://Shop.Example.org?A=B")))
        #expect(
            wish.values == [
                .text(.description, language: ""): .text("One\ntwo 3"),
                .commands(.default, language: ""): .commands([BotCommand(command: "a", description: "b")]),
                .menuButton: .menuButton(.webApp(text: "Shop", url: "https://shop.example.org/?A=B")),
            ])
    }

    @Test func theHashChangesWithEachPartAndWithNothingElse() {
        let profiles: [TelegramBotSpec.Profile?] = [
            nil, .init(name: "a"), .init(name: "b"), .init(description: "a"), .init(description: ""),
            .init(commands: []), .init(commands: [.init(command: "a", description: "b")]),
            .init(commands: [.init(command: "a", description: "b"), .init(command: "c", description: "d")]),
            .init(commands: [.init(command: "c", description: "d"), .init(command: "a", description: "b")]),
            .init(localized: [.init(language: "de", name: "a")]), .init(menuButton: .init(type: .commands)),
            .init(menuButton: .init(type: .default)),
        ]
        let hashes = profiles.map { ProfileWish($0).hash(server: "s") }
        #expect(Set(hashes).count == hashes.count)
        #expect(ProfileWish(.init(name: "a")).hash(server: "other") != hashes[1])
        #expect(ProfileWish(.init(name: " a\n")).hash(server: "s") == hashes[1])
    }
}

@Suite struct ProfilePlanTests {
    private let name = ProfileKey.text(.name, language: "")
    private let german = ProfileKey.text(.name, language: "de")
    private let commands = ProfileKey.commands(.default, language: "")

    private func plan(
        _ profile: TelegramBotSpec.Profile, managed: Set<ProfileKey> = [], _ observed: [ProfileKey: ProfileValue]
    ) -> ProfilePlan {
        ProfilePlan(wish: ProfileWish(profile), managed: managed, observed: observed)
    }

    private func calls(_ plan: ProfilePlan) -> [String] {
        plan.calls.map { "\($0.isRelease ? "clear" : "set") \($0.key) \($0.value.spelledOut)" }
    }

    @Test func onlyDifferencesAreSet() {
        let wish = TelegramBotSpec.Profile(
            name: "Nova", description: "It answers", commands: [.init(command: "start", description: "Begin")])
        let plan = plan(
            wish,
            [
                name: .text("Bot 1"), .text(.description, language: ""): .text("It answers"),
                commands: .commands([]),
            ])
        #expect(calls(plan) == ["set commands start\tBegin", "set name Nova"])
        #expect(plan.settled == [.text(.description, language: "")])
    }

    @Test func theOrderOfCommandsIsADifference() {
        let wish = TelegramBotSpec.Profile(commands: [
            .init(command: "a", description: "x"), .init(command: "b", description: "y"),
        ])
        let reversed = [BotCommand(command: "b", description: "y"), BotCommand(command: "a", description: "x")]
        #expect(plan(wish, [commands: .commands(reversed)]).calls.count == 1)
        #expect(plan(wish, [commands: .commands(reversed.reversed())]).calls == [])
    }

    @Test func whatIsNoLongerWishedIsClearedOnce() {
        let plan = plan(
            .init(description: "x"), managed: [name, german, commands, .menuButton],
            [.text(.description, language: ""): .text("x")])
        #expect(calls(plan) == ["clear commands ", "clear menuButton ", "clear name/de "])
    }

    @Test func whatCouldNotBeReadIsLeftAlone() {
        #expect(plan(.init(name: "Nova"), [:]).calls == [])
        #expect(plan(.init(name: "Nova"), [:]).settled == [])
    }

    @Test func whatLanguagesFallBackOnIsRead() {
        let wish = ProfileWish(
            .init(localized: [
                .init(language: "de", name: "x", commands: []), .init(language: "fr", description: "y"),
            ]))
        #expect(
            ProfilePlan.reads(wish).map(\.description) == [
                "commands/de", "description", "description/fr", "name", "name/de",
            ])
    }

    @Test func aLanguageThatShowsTheDefaultHasNoTextOfItsOwn() {
        let wish = TelegramBotSpec.Profile(localized: [.init(language: "de", name: "")])
        #expect(plan(wish, [name: .text("Bot 1"), german: .text("Bot 1")]).calls == [])
        #expect(calls(plan(wish, [name: .text("Bot 1"), german: .text("Nova")])) == ["set name/de "])
    }

    /// German users see "Bot 1" because everybody does: once everybody sees "Nova", they must have it as their own.
    @Test func aChangedDefaultDoesNotTakeALanguageWithIt() {
        let wish = TelegramBotSpec.Profile(name: "Nova", localized: [.init(language: "de", name: "Bot 1")])
        #expect(
            calls(plan(wish, [name: .text("Bot 1"), german: .text("Bot 1")])) == ["set name Nova", "set name/de Bot 1"])
        #expect(calls(plan(wish, [name: .text("Nova"), german: .text("Bot 1")])) == [])
        let short = ProfileKey.text(.shortDescription, language: "")
        let shortGerman = ProfileKey.text(.shortDescription, language: "de")
        let released = plan(
            .init(localized: [.init(language: "de", shortDescription: "x")]), managed: [short],
            [short: .text("x"), shortGerman: .text("x")])
        #expect(calls(released) == ["clear shortDescription ", "set shortDescription/de x"])
    }

    @Test func buttonsThatOpenTheCommandsAreAlike() {
        let wish = TelegramBotSpec.Profile(menuButton: .init(type: .commands))
        #expect(plan(wish, [.menuButton: .menuButton(.default)]).calls == [])
        #expect(plan(wish, [.menuButton: .menuButton(.commands)]).calls == [])
        #expect(
            plan(wish, [.menuButton: .menuButton(.webApp(text: "a", url: "b"))]).calls
                == [ProfilePlan.Call(key: .menuButton, value: .menuButton(.commands))])
    }
}
