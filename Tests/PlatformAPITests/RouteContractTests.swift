import Foundation
import JSON
import PlatformAPI
import Testing

/// What services are sent and may answer, as docs/routes.md says.
@Suite struct RouteContractTests {
    private func json(_ request: RouteRequest) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        return String(decoding: try encoder.encode(request), as: UTF8.self)
    }

    private func answer(_ json: String) throws -> RouteAnswer {
        try JSONDecoder().decode(RouteAnswer.self, from: Data(json.utf8))
    }

    @Test func requestsHaveTheFieldsOfTheContract() throws {
        #expect(
            try json(.command(telegramUserID: 9, command: "start", arguments: nil, requestID: "r"))
                == #"{"command":"start","request_id":"r","telegram_user_id":9}"#)
        #expect(
            try json(.command(telegramUserID: 9, command: "start", arguments: "x", requestID: "r"))
                == #"{"arguments":"x","command":"start","request_id":"r","telegram_user_id":9}"#)
        #expect(
            try json(.callback(userID: "u-1", action: "like", targetUserID: "42", requestID: "r"))
                == #"{"action":"like","request_id":"r","target_user_id":"42","user_id":"u-1"}"#)
        #expect(
            try json(.callback(userID: nil, action: "like", targetUserID: nil, requestID: "r"))
                == #"{"action":"like","request_id":"r","target_user_id":null,"user_id":null}"#)
        #expect(
            try json(.text(userID: 17, telegramUserID: 9, message: "Hi", requestID: "r"))
                == #"{"message":"Hi","request_id":"r","telegram_user_id":9,"user_id":17}"#)
        #expect(RouteRequest.id(of: 7, for: BotID(number: 42)) == "bot_42-7")
    }

    @Test func anAnswersFieldsAreAllOptional() throws {
        #expect(try answer("{}") == RouteAnswer())
        #expect(try answer(#"{"text":null,"keyboard":null,"edit":null,"later":[1]}"#) == RouteAnswer())
        let full = try answer(
            #"{"text":"a","parse_mode":"HTML","keyboard":[[{"text":"b","action":"c","target_user_id":"d"}]],"edit":true,"notice":"e","alert":true,"user_id":"f"}"#
        )
        #expect(
            full
                == RouteAnswer(
                    text: "a", parseMode: "HTML", keyboard: [[.init(text: "b", action: "c", targetUserID: "d")]],
                    edit: true, notice: "e", alert: true, session: .set("f")))
        #expect(full.problem == nil)
        #expect(full.keyboard?[0][0].data == "c:d")
    }

    @Test func aUserIsNamedByTextOrNumberAndForgottenByNull() throws {
        #expect(try answer(#"{"user_id":17}"#).session == .set(17))
        #expect(try answer(#"{"user_id":"u"}"#).session == .set("u"))
        #expect(try answer(#"{"user_id":null}"#).session == .end)
        #expect(try answer(#"{"user_id":""}"#).session == .end)
        #expect(throws: DecodingError.self) { try answer(#"{"user_id":[1]}"#) }
        #expect(throws: DecodingError.self) { try answer(#"{"user_id":true}"#) }
    }

    @Test(arguments: [
        (#"{"text":"\n "}"#, "text"), (#"{"text":"a","parse_mode":"html"}"#, "parse_mode"),
        (#"{"keyboard":[]}"#, "keyboard"), (#"{"text":"a","keyboard":[[{"text":""}]]}"#, "button"),
        (#"{"text":"a","keyboard":[[{"text":"b"}]]}"#, "button"),
        (#"{"text":"a","keyboard":[[{"text":"b","action":"c","url":"http://d"}]]}"#, "button"),
        (#"{"text":"a","keyboard":[[{"text":"b","action":"c:d"}]]}"#, "colon"),
        (
            #"{"text":"a","keyboard":[[{"text":"b","action":"c","target_user_id":"\#(String(repeating: "d", count: 63))"}]]}"#,
            "65 bytes"
        ),
        (#"{"text":"\#(String(repeating: "a", count: 4097))"}"#, "4096"),
        (#"{"notice":"\#(String(repeating: "a", count: 201))"}"#, "200"),
        (#"{"user_id":"\#(String(repeating: "a", count: 257))"}"#, "user_id"),
    ])
    func whatTelegramWouldRefuseIsNamed(json: String, word: String) throws {
        let problem = try answer(json).problem
        #expect(problem?.contains(word) == true, "\(problem ?? "")")
    }
}
