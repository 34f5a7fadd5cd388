import PlatformAPI
import TelegramBotAPI
import Testing

@testable import Gateway

@Suite struct OutgoingVerdictTests {
    private func verdict(
        _ code: TelegramError.Code?, _ text: String = "said", method: String = "sendMessage", age: Duration = .zero,
        rewritten: Bool = false, attempts: Int = 1
    ) -> OutgoingVerdict {
        var item = item(#"{"method":"\#(method)","params":{"chat_id":1}}"#)
        item.attempts = attempts
        item.wasRewritten = rewritten
        return OutgoingVerdict.of(
            code.map { TelegramError($0, "message", status: 400, apiDescription: text) }, item, age: age,
            giveUpAfter: .seconds(100), random: 0)
    }

    @Test func successAndItsDisguises() {
        #expect(verdict(nil) == .delivered)
        #expect(
            verdict(.badRequest, "Bad Request: message is not modified: …", method: "editMessageText") == .delivered)
    }

    @Test func floodsAndFaultsAreTriedAgain() {
        #expect(verdict(.tooManyRequests(retryAfter: 7)) == .retry(after: .seconds(7), isFlood: true))
        #expect(verdict(.server) == .retry(after: .milliseconds(500), isFlood: false))
        #expect(verdict(.server, attempts: 3) == .retry(after: .seconds(2), isFlood: false))
        #expect(verdict(.server, attempts: 50) == .retry(after: .seconds(30), isFlood: false))
        #expect(verdict(.transport) == .retry(after: .milliseconds(500), isFlood: false))
    }

    @Test func thereIsAnEndToTrying() {
        #expect(verdict(.server, age: .seconds(101)) == .deadLetter(reason: "given_up", description: "said"))
        #expect(
            verdict(.tooManyRequests(retryAfter: 60), age: .seconds(41))
                == .deadLetter(reason: "given_up", description: "said"))
        #expect(
            verdict(.tooManyRequests(retryAfter: 59), age: .seconds(41)) == .retry(after: .seconds(59), isFlood: true))
    }

    @Test func silenceAfterAMessageWasSentIsNotRepeated() {
        #expect(verdict(.outcomeUnknown) == .deadLetter(reason: "outcome_unknown", description: "said"))
        #expect(
            verdict(.outcomeUnknown, method: "editMessageText") == .retry(after: .milliseconds(500), isFlood: false))
    }

    @Test func refusalsBecomeDeadLetters() {
        #expect(verdict(.badRequest) == .deadLetter(reason: "bad_request", description: "said"))
        #expect(verdict(.forbidden) == .deadLetter(reason: "forbidden", description: "said"))
        #expect(verdict(.methodNotFound) == .deadLetter(reason: "method_not_found", description: "said"))
        #expect(verdict(.payloadTooLarge) == .deadLetter(reason: "payload_too_large", description: "said"))
    }

    @Test func aGroupMigratesOnce() {
        #expect(verdict(.chatMigrated(to: -100)) == .rewrite(chat: -100))
        #expect(
            verdict(.chatMigrated(to: -100), rewritten: true)
                == .deadLetter(reason: "chat_migrated_again", description: "said"))
    }

    @Test func aRefusedTokenIsNoFaultOfTheMessage() {
        for code in [TelegramError.Code.unauthorized, .notFound, .malformedToken] {
            #expect(verdict(code, age: .seconds(1000)) == .pauseBot(description: "said"))
        }
    }
}

@Suite struct OutgoingItemTests {
    private let binding = Binding(
        botID: BotID(number: 42), owner: "a/b", token: "42:new", webhookSecrets: ["s"])

    @Test func whatIsNoCallIsToldFromWhatIs() {
        #expect(item(#"{"method":"sendMessage","params":{"chat_id":1}}"#).problem(for: binding) == nil)
        let malformed: [String?] = [
            nil, "", "hello", "[]", "{}", #"{"method":"sendMessage"}"#, #"{"method":"","params":{}}"#,
            #"{"method":"sendMessage","params":[]}"#, #"{"method":"../getMe","params":{}}"#,
            #"{"method":"send message","params":{}}"#, #"{"method":1,"params":{}}"#,
        ]
        for value in malformed {
            #expect(item(value).problem(for: binding)?.reason == "malformed", "\(value ?? "nil")")
        }
    }

    @Test func theTokenOfAnotherBotIsRefusedAndAnOldOneOfTheSameIsNot() {
        func reason(_ token: String) -> String? {
            item(#"{"method":"sendMessage","params":{"chat_id":1},"bot_token":"\#(token)"}"#)
                .problem(for: binding)?.reason
        }
        #expect(reason("42:new") == nil)
        #expect(reason("42:old") == nil)
        #expect(reason("43:new") == "wrong_token")
        #expect(reason("") == "wrong_token")
    }

    @Test func theOperatorsMethodsAreNotForWorkers() {
        for method in ["setWebhook", "deletewebhook", "getUpdates", "logOut", "close"] {
            #expect(
                item(#"{"method":"\#(method)","params":{}}"#).problem(for: binding)?.reason == "not_allowed",
                "\(method)")
        }
    }
}
