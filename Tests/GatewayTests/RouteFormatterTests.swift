import Foundation
import JSON
import PlatformAPI
import Testing

@testable import Gateway

@Suite struct RouteFormatterTests {
    private let written = RoutableUpdate(
        content: .text("x"), userID: 9, place: .init(chatID: -5, messageID: 7, threadID: 3))
    private let pressed = RoutableUpdate(
        content: .action("a", target: nil), userID: 9, place: .init(chatID: 5, messageID: 8, callbackID: "q"))
    private let inline = RoutableUpdate(
        content: .action("a", target: nil), userID: 9, place: .init(inlineMessageID: "i", callbackID: "q"))

    private func text(_ calls: [OutgoingEnvelope]) throws -> [String] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return try calls.map { call in
            #expect(call.requestID == "r")
            return "\(call.method) \(String(decoding: try encoder.encode(call.params), as: UTF8.self))"
        }
    }

    private func calls(_ answer: String, to update: RoutableUpdate) throws -> [String] {
        let answer = try JSONDecoder().decode(RouteAnswer.self, from: Data(answer.utf8))
        #expect(answer.problem == nil)
        return try text(RouteFormatter.calls(answer, to: update, requestID: "r"))
    }

    @Test func aTextBecomesAMessage() throws {
        #expect(try calls("{}", to: written) == [])
        #expect(
            try calls(#"{"text":"<b>Hi</b>","parse_mode":"HTML"}"#, to: written) == [
                #"sendMessage {"chat_id":-5,"message_thread_id":3,"parse_mode":"HTML","text":"<b>Hi</b>"}"#
            ])
        // Nothing to edit: a person wrote it.
        #expect(
            try calls(#"{"text":"Hi","edit":true,"notice":"nobody pressed"}"#, to: written) == [
                #"sendMessage {"chat_id":-5,"message_thread_id":3,"text":"Hi"}"#
            ])
    }

    @Test func aKeyboardHasActionsAndURLs() throws {
        let answer = #"""
            {"text":"?","keyboard":[[{"text":"Yes","action":"yes","target_user_id":42},{"text":"No","action":"no"}],
            [{"text":"Site","url":"https://example.org/?a=b"}]]}
            """#
        #expect(
            try calls(answer, to: written) == [
                #"sendMessage {"chat_id":-5,"message_thread_id":3,"reply_markup":{"inline_keyboard":[[{"callback_data":"yes:42","text":"Yes"},{"callback_data":"no","text":"No"}],[{"text":"Site","url":"https://example.org/?a=b"}]]},"text":"?"}"#
            ])
    }

    @Test func aPressedButtonIsAnsweredBeforeAnythingElse() throws {
        #expect(try calls("{}", to: pressed) == [#"answerCallbackQuery {"callback_query_id":"q"}"#])
        #expect(
            try calls(#"{"notice":"Done","alert":true}"#, to: pressed) == [
                #"answerCallbackQuery {"callback_query_id":"q","show_alert":true,"text":"Done"}"#
            ])
        #expect(
            try calls(#"{"text":"New"}"#, to: pressed) == [
                #"answerCallbackQuery {"callback_query_id":"q"}"#, #"sendMessage {"chat_id":5,"text":"New"}"#,
            ])
    }

    @Test func anEditIsOfTheMessageTheButtonStoodOn() throws {
        let clock = #"answerCallbackQuery {"callback_query_id":"q"}"#
        #expect(
            try calls(#"{"text":"Now","edit":true}"#, to: pressed) == [
                clock, #"editMessageText {"chat_id":5,"message_id":8,"text":"Now"}"#,
            ])
        #expect(
            try calls(#"{"edit":true,"keyboard":[]}"#, to: pressed) == [
                clock, #"editMessageReplyMarkup {"chat_id":5,"message_id":8,"reply_markup":{"inline_keyboard":[]}}"#,
            ])
        #expect(
            try calls(#"{"text":"Now","edit":true}"#, to: inline) == [
                clock, #"editMessageText {"inline_message_id":"i","text":"Now"}"#,
            ])
        // In a private chat, as the inline message's is not known.
        #expect(try calls(#"{"text":"New"}"#, to: inline) == [clock, #"sendMessage {"chat_id":9,"text":"New"}"#])
    }

    @Test func thePlatformsOwnWordsAreAMessageOrAWindow() throws {
        func said(_ words: String, to update: RoutableUpdate) throws -> [String] {
            try text(RouteFormatter.calls(saying: words, to: update.place, requestID: "r"))
        }
        #expect(
            try said("Sorry", to: written) == [#"sendMessage {"chat_id":-5,"message_thread_id":3,"text":"Sorry"}"#])
        #expect(try said("", to: written) == [])
        #expect(
            try said("Sorry", to: pressed) == [
                #"answerCallbackQuery {"callback_query_id":"q","show_alert":true,"text":"Sorry"}"#
            ])
        #expect(try said("", to: pressed) == [#"answerCallbackQuery {"callback_query_id":"q"}"#])
    }
}
