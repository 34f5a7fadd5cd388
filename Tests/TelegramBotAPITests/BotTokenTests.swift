import Observability
import TelegramBotAPI
import Testing

@Suite struct BotTokenTests {
    private let text = "123456789:AAE_9b3xN0tAReal-TokenButLooksLike1"

    @Test func readsNumberAndHidesSecret() throws {
        let token = try BotToken(text)
        #expect(token.botNumber == 123_456_789)
        #expect(token.sensitive.value == text)
        for shown in ["\(token)", String(describing: token), String(reflecting: token)] {
            #expect(!shown.contains("AAE_9b3"))
        }
        var dumped = ""
        dump(token, to: &dumped)
        #expect(!dumped.contains("AAE_9b3"))
    }

    @Test(arguments: [
        "", ":", "123", "123:", ":abc", "0:abc", "-1:abc", "12a:abc", "1:a:b", "1:a b", "1:ä", "1:a/b", "1:a\n",
        "99999999999999999999:abc", "1:" + String(repeating: "a", count: 129), " 1:abc",
    ])
    func refusesOtherTexts(_ text: String) {
        let error = #expect(throws: TelegramError.self) { try BotToken(text) }
        #expect(error?.code == .malformedToken)
        #expect(error?.isTokenRefused == true)
    }

    @Test func theErrorDoesNotQuoteTheText() {
        let error = #expect(throws: TelegramError.self) { try BotToken("abc:" + text) }
        #expect(error?.description.contains("AAE_9b3") == false)
    }
}
