import TelegramBotAPI
import Testing

@testable import Gateway

@Suite struct RoutableUpdateTests {
    private func read(_ json: String) throws -> RoutableUpdate? {
        let body = Array(json.utf8)
        return RoutableUpdate(body, kind: try UpdateFields.scan(body).kind)
    }

    private func message(_ text: String) -> String {
        #"{"update_id":1,"message":{"message_id":7,"chat":{"id":-5},"from":{"id":9},"text":"\#(text)"}}"#
    }

    @Test(arguments: [
        ("/start", RoutableUpdate.Content.command("start", mention: nil, arguments: nil)),
        ("/Start", .command("start", mention: nil, arguments: nil)),
        ("/start ref_42 x", .command("start", mention: nil, arguments: "ref_42 x")),
        ("/start@Shop_Bot  hello", .command("start", mention: "shop_bot", arguments: "hello")),
        (#"/help\nplease"#, .command("help", mention: nil, arguments: "please")),
        ("/", .text("/")), ("/ü", .text("/ü")), ("//x", .text("//x")), ("a /start", .text("a /start")),
        ("/12345678901234567890123456789012x", .text("/12345678901234567890123456789012x")), ("", .text("")),
    ])
    func textsAreCommandsOrNot(text: String, content: RoutableUpdate.Content) throws {
        #expect(try read(message(text))?.content == content)
    }

    @Test func aMessageKnowsWhereItsAnswerGoes() throws {
        let place = try #require(try read(message("x"))).place
        #expect(place == .init(chatID: -5, messageID: 7))
        let topic = try read(
            #"{"update_id":1,"message":{"message_id":7,"chat":{"id":-5},"from":{"id":9},"text":"x","message_thread_id":3,"is_topic_message":true}}"#
        )
        #expect(topic?.place.threadID == 3)
        // An answer to a message is in a thread, too, but not in a topic.
        let reply = try read(
            #"{"update_id":1,"message":{"message_id":7,"chat":{"id":-5},"from":{"id":9},"text":"x","message_thread_id":3}}"#
        )
        #expect(reply?.place.threadID == nil)
    }

    @Test(arguments: [
        ("like", RoutableUpdate.Content.action("like", target: nil)), ("like:", .action("like", target: "")),
        ("like:42:x", .action("like", target: "42:x")), (":x", .action("", target: "x")),
    ])
    func aButtonsDataIsAnActionAndItsTarget(data: String, content: RoutableUpdate.Content) throws {
        let update = try read(
            #"{"update_id":1,"callback_query":{"id":"q","from":{"id":9},"data":"\#(data)","message":{"message_id":8,"chat":{"id":5},"date":0}}}"#
        )
        #expect(update?.content == content)
        #expect(update?.userID == 9)
        #expect(update?.place == .init(chatID: 5, messageID: 8, callbackID: "q"))
    }

    @Test func aButtonOfAnInlineMessageHasNoChat() throws {
        let update = try read(
            #"{"update_id":1,"callback_query":{"id":"q","from":{"id":9},"data":"a","inline_message_id":"i"}}"#)
        #expect(update?.place == .init(inlineMessageID: "i", callbackID: "q"))
    }

    @Test(arguments: [
        #"{"update_id":1,"message":{"message_id":7,"chat":{"id":5},"from":{"id":9},"photo":[]}}"#,
        #"{"update_id":1,"message":{"message_id":7,"chat":{"id":5},"text":"nobody wrote it"}}"#,
        #"{"update_id":1,"message":{"chat":{"id":5},"from":{"id":9},"text":"no number"}}"#,
        #"{"update_id":1,"message":{"message_id":7,"chat":{"id":5},"from":{"id":9},"text":4}}"#,
        #"{"update_id":1,"edited_message":{"message_id":7,"chat":{"id":5},"from":{"id":9},"text":"x"}}"#,
        #"{"update_id":1,"channel_post":{"message_id":7,"chat":{"id":5},"text":"x"}}"#,
        #"{"update_id":1,"callback_query":{"id":"q","from":{"id":9},"game_short_name":"g"}}"#,
        #"{"update_id":1,"inline_query":{"id":"q","from":{"id":9},"query":"x","offset":""}}"#, #"{"update_id":1}"#,
    ])
    func allElseIsTheWorkers(json: String) throws {
        #expect(try read(json) == nil)
    }

    @Test func aPaymentIsNotHeldUp() {
        let photo = #"{"update_id":1,"message":{"message_id":7,"chat":{"id":5},"from":{"id":9},"photo":[]}}"#
        #expect(RoutableUpdate.place(Array(photo.utf8), kind: .message) == .init(chatID: 5, messageID: 7))
        for field in ["successful_payment", "refunded_payment"] {
            let paid =
                #"{"update_id":1,"message":{"message_id":7,"chat":{"id":5},"from":{"id":9},"\#(field)":{"currency":"XTR"}}}"#
            #expect(RoutableUpdate.place(Array(paid.utf8), kind: .message) == nil)
        }
    }
}
