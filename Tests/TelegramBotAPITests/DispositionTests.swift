import Foundation
import HTTPTypes
@testable import TelegramBotAPI
import Testing

@Suite struct DispositionTests {
    private func error(_ status: Int, _ body: String, header: String? = nil) throws -> TelegramError {
        let answer = try? JSONDecoder().decode(AnswerHead.self, from: Data(body.utf8))
        return try #require(
            TelegramError.from(
                status: HTTPStatus(rawValue: status), answer: answer, retryAfterHeader: header, method: "sendMessage"))
    }

    private func body(_ code: Int, _ text: String, _ parameters: String = "") -> String {
        #"{"ok":false,"error_code":\#(code),"description":"\#(text)"\#(parameters)}"#
    }

    @Test(arguments: [
        (400, "Bad Request: chat not found", TelegramError.Code.badRequest),
        (400, "Bad Request: message is not modified: specified new message content", .badRequest),
        (401, "Unauthorized", .unauthorized),
        (401, "Unauthorized: invalid token specified", .unauthorized),
        (403, "Forbidden: bot was blocked by the user", .forbidden),
        (404, "Not Found", .notFound),
        (404, "Not Found: method not found", .methodNotFound),
        (
            409, "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running",
            .conflict
        ),
        (413, "Request Entity Too Large", .payloadTooLarge),
        (421, "Misdirected Request: unallowed token specified", .badRequest),
        (500, "Internal Server Error", .server), (502, "Bad Gateway", .server),
    ])
    func codesOfAnswers(_ status: Int, _ text: String, _ code: TelegramError.Code) throws {
        let error = try error(status, body(status, text))
        #expect(error.code == code)
        #expect(error.apiDescription == text)
        #expect(error.status == status)
        #expect(error.description.contains("sendMessage") && error.description.contains(text))
    }

    @Test func successIsNoError() throws {
        let answer = try JSONDecoder().decode(AnswerHead.self, from: Data(#"{"ok":true,"result":{}}"#.utf8))
        #expect(TelegramError.from(status: .ok, answer: answer, retryAfterHeader: nil, method: "getMe") == nil)
    }

    @Test func retryAfterComesFromTheBodyElseTheHeaderElseIsASecond() throws {
        let text = "Too Many Requests: retry after 35"
        let both = try error(429, body(429, text, #","parameters":{"retry_after":35}"#), header: "20")
        #expect(both.code == .tooManyRequests(retryAfter: 35))
        #expect(both.retryAfter == .seconds(35))
        #expect(try error(429, "<html>", header: "20").code == .tooManyRequests(retryAfter: 20))
        #expect(try error(429, "").code == .tooManyRequests(retryAfter: 1))
        #expect(try error(429, body(429, text, #","parameters":{"retry_after":-5}"#)).retryAfter == .seconds(1))
        #expect(
            try error(429, body(429, text, #","parameters":{"retry_after":99999999}"#)).retryAfter == .seconds(86_400))
    }

    @Test func migrationCarriesTheNewChat() throws {
        let text = "Bad Request: group chat was upgraded to a supergroup chat"
        let error = try error(400, body(400, text, #","parameters":{"migrate_to_chat_id":-1001234567890}"#))
        #expect(error.code == .chatMigrated(to: -1_001_234_567_890))
        #expect(Disposition.disposition(for: error, method: "sendMessage") == .rewriteChat(-1_001_234_567_890))
    }

    /// A wrong base URL must not look like a revoked token.
    @Test(arguments: [401, 404, 403, 400, 302])
    func aProxysPageSaysNothingOfTheToken(_ status: Int) throws {
        let error = try error(status, "<html>nginx</html>")
        #expect(error.code == .malformedAnswer)
        #expect(!error.isTokenRefused)
    }

    @Test func textsOfTheServerAreMasked() throws {
        let error = try error(400, body(400, "Bad Request: 123456:AAE_9b3xN0tAReal-TokenButLooksLike1 is odd"))
        #expect(!error.description.contains("AAE_9b3"))
        #expect(error.apiDescription?.contains("AAE_9b3") == false)
    }

    @Test func dispositions() throws {
        func of(_ status: Int, _ text: String, method: String = "sendMessage") throws -> Disposition {
            Disposition.disposition(for: try error(status, body(status, text)), method: method)
        }
        #expect(Disposition.disposition(for: nil, method: "sendMessage") == .done)
        #expect(try of(400, "Bad Request: message is not modified: specified") == .done)
        #expect(try of(400, "Bad Request: chat not found") == .deadLetter(reason: "Bad Request: chat not found"))
        #expect(try of(403, "Forbidden: user is deactivated") == .deadLetter(reason: "Forbidden: user is deactivated"))
        #expect(try of(401, "Unauthorized") == .pauseBot(reason: "Unauthorized"))
        #expect(try of(404, "Not Found") == .pauseBot(reason: "Not Found"))
        #expect(try of(404, "Not Found: method not found") == .deadLetter(reason: "Not Found: method not found"))
        #expect(try of(429, "Too Many Requests: retry after 1") == .retry(after: .seconds(1)))
        #expect(try of(500, "Internal Server Error: restart") == .retry(after: nil))
    }

    @Test func whatMayHaveHappenedIsRepeatedOnlyWhereItDoesNoHarm() throws {
        let broken = try error(502, "<html>")
        let lost = TelegramError(.outcomeUnknown, "sendMessage: no answer")
        for failure in [broken, lost] {
            #expect(Disposition.disposition(for: failure, method: "editMessageText") == .retry(after: nil))
            #expect(Disposition.disposition(for: failure, method: "getMe") == .retry(after: nil))
            guard case .outcomeUnknown = Disposition.disposition(for: failure, method: "SENDMESSAGE") else {
                Issue.record("sendMessage is repeated although it may have been carried out")
                continue
            }
            let forced = Disposition.disposition(for: failure, method: "sendMessage", repeatsWhenUnknown: true)
            #expect(forced == .retry(after: nil))
        }
        let unsent = TelegramError(.transport, "sendMessage: no connection")
        #expect(Disposition.disposition(for: unsent, method: "sendMessage") == .retry(after: nil))
    }
}
