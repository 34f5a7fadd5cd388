import Foundation
@testable import TelegramBotAPI
import Testing

@Suite struct ProfileTypesTests {
    private func json(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    @Test(arguments: [
        (BotCommandScope.default, #"{"type":"default"}"#), (.allPrivateChats, #"{"type":"all_private_chats"}"#),
        (.allGroupChats, #"{"type":"all_group_chats"}"#),
        (.allChatAdministrators, #"{"type":"all_chat_administrators"}"#),
        (.chat(.id(-1_001_234_567_890)), #"{"chat_id":-1001234567890,"type":"chat"}"#),
        (.chatAdministrators(.name("@group")), #"{"chat_id":"@group","type":"chat_administrators"}"#),
        (.chatMember(.id(-5), user: 42), #"{"chat_id":-5,"type":"chat_member","user_id":42}"#),
    ]) func scopesAreWrittenAsDocumented(scope: BotCommandScope, text: String) throws {
        #expect(try json(scope) == text)
    }

    @Test(arguments: [
        (MenuButton.default, #"{"type":"default"}"#), (.commands, #"{"type":"commands"}"#),
        (
            .webApp(text: "Shop", url: "https://shop.example.org/"),
            #"{"text":"Shop","type":"web_app","web_app":{"url":"https://shop.example.org/"}}"#
        ),
    ]) func menuButtonsAreReadAndWritten(button: MenuButton, text: String) throws {
        #expect(try json(button) == text)
        #expect(try JSONDecoder().decode(MenuButton.self, from: Data(text.utf8)) == button)
    }

    @Test func buttonsOfANewerAPIAreNoError() throws {
        #expect(try JSONDecoder().decode(MenuButton.self, from: Data(#"{"type":"new"}"#.utf8)) == .default)
    }

    @Test(arguments: [
        ("-1001", TelegramChatID.id(-1001)), ("77", .id(77)), ("@group", .name("@group")), ("group", nil), ("@", nil),
        ("", nil),
    ]) func chatsAreNumbersOrNames(text: String, chat: TelegramChatID?) {
        #expect(TelegramChatID(text) == chat)
        if let chat { #expect(chat.description == text) }
    }
}
