import Foundation
import JSON
import KubernetesTypes
import Testing
import YAML

@testable import PlatformAPI

@Suite struct ProfileValidationTests {
    private func problems(_ profile: TelegramBotSpec.Profile) -> [String] {
        let spec = TelegramBotSpec(tokenSecretRef: .init(name: "token"), profile: profile)
        return TelegramBot(metadata: ObjectMeta(name: "echo", namespace: "bots"), spec: spec).validate()
    }

    private func text(_ length: Int) -> String { String(repeating: "é", count: length) }

    private let start = TelegramBotSpec.Command(command: "start", description: "Begin")

    @Test func nothingAndEverythingAreValid() {
        #expect(problems(.init()) == [])
        #expect(problems(.init(description: "", shortDescription: "", commands: [])) == [])
        #expect(problems(.init(localized: [.init(language: "de", name: "", description: "", commands: [])])) == [])
        #expect(
            problems(
                .init(
                    name: text(64), description: text(512), shortDescription: text(120),
                    commands: (0..<100).map { .init(command: "c_\($0)", description: text(256)) },
                    localized: [.init(language: "de", commands: [start]), .init(language: "fr")],
                    commandSets: [
                        .init(scope: .allPrivateChats, commands: [start]),
                        .init(scope: .allPrivateChats, language: "de", commands: [start]),
                        .init(scope: .allGroupChats, commands: []), .init(scope: .allChatAdministrators, commands: []),
                        .init(scope: .chat, chatID: -1_001_234_567_890, commands: [start]),
                        .init(scope: .chat, chatID: "-5", commands: [start]),
                        .init(scope: .chatAdministrators, chatID: "@The_Group", commands: [start]),
                        .init(scope: .chatMember, chatID: -5, userID: 1, commands: [start]),
                        .init(scope: .chatMember, chatID: -5, userID: 2, commands: [start]),
                    ], menuButton: .init(type: .webApp, text: "Shop", url: "https://shop.example.org"))) == [])
        #expect(problems(.init(menuButton: .init(type: .commands))) == [])
    }

    @Test func eachMistakeIsNamedOnce() {
        let cases: [(String, TelegramBotSpec.Profile)] = [
            ("name", .init(name: text(65))), ("name", .init(name: "")), ("name", .init(name: " \n")),
            ("description", .init(description: text(513))), ("shortDescription", .init(shortDescription: text(121))),
            ("commands", .init(commands: (0...100).map { .init(command: "c\($0)", description: "x") })),
            ("commands[0].command", .init(commands: [.init(command: "", description: "x")])),
            ("commands[0].command", .init(commands: [.init(command: "/start", description: "x")])),
            ("commands[0].command", .init(commands: [.init(command: "Start", description: "x")])),
            (
                "commands[0].command",
                .init(commands: [.init(command: String(repeating: "a", count: 33), description: "x")])
            ),
            ("commands[1].command", .init(commands: [start, start])),
            ("commands[1].description", .init(commands: [start, .init(command: "a", description: "")])),
            ("commands[0].description", .init(commands: [.init(command: "a", description: text(257))])),
            ("localized[0].language", .init(localized: [.init(language: "deu")])),
            ("localized[0].language", .init(localized: [.init(language: "DE")])),
            ("localized[1].language", .init(localized: [.init(language: "de"), .init(language: "de")])),
            ("localized[0].name", .init(localized: [.init(language: "de", name: text(65))])),
            (
                "localized[0].commands[0].command",
                .init(localized: [.init(language: "de", commands: [.init(command: "ä", description: "x")])])
            ),
            ("commandSets[0].language", .init(commandSets: [.init(scope: .allGroupChats, language: "", commands: [])])),
            ("commandSets[0].chatID", .init(commandSets: [.init(scope: .chat, commands: [])])),
            ("commandSets[0].chatID", .init(commandSets: [.init(scope: .allGroupChats, chatID: 1, commands: [])])),
            ("commandSets[0].chatID", .init(commandSets: [.init(scope: .chat, chatID: "group", commands: [])])),
            ("commandSets[0].chatID", .init(commandSets: [.init(scope: .chat, chatID: 0, commands: [])])),
            ("commandSets[0].userID", .init(commandSets: [.init(scope: .chatMember, chatID: 1, commands: [])])),
            (
                "commandSets[0].userID",
                .init(commandSets: [.init(scope: .chatMember, chatID: 1, userID: 0, commands: [])])
            ),
            (
                "commandSets[0].userID",
                .init(commandSets: [.init(scope: .chat, chatID: 1, userID: 1, commands: [])])
            ),
            (
                "commandSets[1]",
                .init(commandSets: [
                    .init(scope: .chat, chatID: 1, commands: []), .init(scope: .chat, chatID: "1", commands: [start]),
                ])
            ),
            ("menuButton.text", .init(menuButton: .init(type: .webApp, url: "https://x"))),
            ("menuButton.text", .init(menuButton: .init(type: .webApp, text: text(65), url: "https://x"))),
            ("menuButton.url", .init(menuButton: .init(type: .webApp, text: "x"))),
            ("menuButton.url", .init(menuButton: .init(type: .webApp, text: "x", url: "http://x"))),
            ("menuButton.url", .init(menuButton: .init(type: .webApp, text: "x", url: "https://"))),
            ("menuButton.text", .init(menuButton: .init(type: .commands, text: "x"))),
            ("menuButton.url", .init(menuButton: .init(type: .default, url: "https://x"))),
        ]
        for (field, profile) in cases {
            let found = problems(profile)
            #expect(found.count == 1, "\(field): \(found)")
            #expect(found.first?.hasPrefix("spec.profile.\(field) ") == true, "\(field): \(found)")
        }
    }

    /// What the schema refuses by its limits is what the reconciler refuses.
    @Test func limitsOfTheSchemaAreThoseOfTheTypes() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let crd = try YAML.parse(
            String(contentsOf: root.appending(path: "crds/telegrambots.yaml"), encoding: .utf8))
        let version = try #require(crd["spec"]?["versions"]?.arrayValue?.first)
        let spec = version["schema"]?["openAPIV3Schema"]?["properties"]?["spec"]
        let profile = try #require(spec?["properties"]?["profile"]?["properties"])
        typealias Limit = TelegramBotSpec.Profile.Limit
        for place in [profile, profile["localized"]?["items"]?["properties"]] {
            #expect(place?["name"]?["maxLength"] == .int(Int64(Limit.name)))
            #expect(place?["description"]?["maxLength"] == .int(Int64(Limit.description)))
            #expect(place?["shortDescription"]?["maxLength"] == .int(Int64(Limit.shortDescription)))
        }
        let sets = profile["commandSets"]?["items"]?["properties"]
        for place in [profile, profile["localized"]?["items"]?["properties"], sets] {
            #expect(place?["commands"]?["maxItems"] == .int(Int64(Limit.commands)))
            let command = place?["commands"]?["items"]?["properties"]
            #expect(command?["command"]?["maxLength"] == .int(Int64(Limit.command)))
            #expect(command?["description"]?["maxLength"] == .int(Int64(Limit.commandDescription)))
        }
        let button = profile["menuButton"]?["properties"]
        #expect(button?["text"]?["maxLength"] == .int(Int64(TelegramBotSpec.MenuButton.longestText)))
        #expect(
            sets?["scope"]?["enum"]?.arrayValue?.compactMap(\.stringValue)
                == TelegramBotSpec.CommandScope.allCases.map(\.rawValue))
        #expect(
            button?["type"]?["enum"]?.arrayValue?.compactMap(\.stringValue)
                == TelegramBotSpec.MenuButtonType.allCases.map(\.rawValue))
    }
}
