import Testing

@testable import WorkerKit

@Suite struct UpdateTests {
    private static let message = """
        {"update_id":7, "message":{"message_id":3,"from":{"id":42,"first_name":"Ann"},"chat":{"id":-100,"type":"group"},\
        "text":"/Start@echo_bot  now or\\nnever"}}
        """

    private func update(_ json: String) throws -> Update { try Update(json: Array(json.utf8)) }

    @Test func messageIsRead() throws {
        let update = try update(Self.message)
        #expect(update.id == 7)
        #expect(update.kind == "message")
        #expect(update.chatID == -100)
        #expect(update.userID == 42)
        #expect(update.messageID == 3)
        #expect(update.text == "/Start@echo_bot  now or\nnever")
        #expect(update.command == "start")
        #expect(update.commandArguments == "now or\nnever")
        #expect(update.callbackData == nil)
        #expect(String(decoding: update.json, as: UTF8.self) == Self.message)
    }

    @Test func pressedButtonIsRead() throws {
        let update = try update(
            """
            {"callback_query":{"id":"abc","from":{"id":5},"data":"tea","message":{"message_id":9,"chat":{"id":6},\
            "text":"What?"}},"update_id":8}
            """)
        #expect(update.kind == "callback_query")
        #expect(update.chatID == 6)
        #expect(update.userID == 5)
        #expect(update.messageID == 9)
        #expect(update.callbackQueryID == "abc")
        #expect(update.callbackData == "tea")
        #expect(update.text == nil)
        #expect(update.command == nil)
    }

    @Test(arguments: [
        (#"{"update_id":1,"inline_query":{"id":"q","from":{"id":5},"query":"x","offset":""}}"#, nil, 5),
        (#"{"update_id":1,"channel_post":{"message_id":1,"chat":{"id":-9},"caption":"sea"}}"#, -9, nil),
        (#"{"update_id":1,"my_chat_member":{"chat":{"id":-3},"from":{"id":4},"date":1}}"#, -3, 4),
        (#"{"update_id":1,"poll_answer":{"poll_id":"p","user":{"id":4},"option_ids":[0]}}"#, nil, 4),
        (#"{"update_id":1,"poll_answer":{"poll_id":"p","voter_chat":{"id":-8},"option_ids":[0]}}"#, -8, nil),
        (#"{"update_id":1,"business_connection":{"id":"b","user":{"id":4},"user_chat_id":44}}"#, 44, 4),
        (#"{"update_id":1,"kind_of_the_future":{"chat":{"id":2},"from":"somebody","text":[1]}}"#, 2, nil),
        (#"{"update_id":1,"poll":{"id":"p","question":"?"}}"#, nil, nil),
    ])
    func chatAndUserOfAllKindsAreFound(json: String, chat: Int64?, user: Int64?) throws {
        let update = try update(json)
        #expect(update.chatID == chat)
        #expect(update.userID == user)
    }

    @Test func anUpdateWithoutContentIsOne() throws {
        let update = try update(#"{"update_id":1}"#)
        #expect(update.kind == "")
        #expect(update.chatID == nil)
    }

    @Test(arguments: ["", "{}", "[]", "7", #"{"update_id":"7"}"#, #"{"update_id":1,"message":{"text":"secret words"}"#])
    func whatIsNoUpdateIsRefusedWithoutQuotingIt(json: String) {
        #expect {
            try update(json)
        } throws: { error in
            (error as? WorkerError)?.code == .malformedUpdate && !"\(error)".contains("secret words")
        }
    }

    @Test func envelopeGivesTheUpdateByteForByte() throws {
        let update = #"{ "update_id" : 5,"message":{"chat":{"id":1},"text":"} \" ] {\"update\":1}","float":1.50} }"#
        let envelope = #"{"bot_id":"bot_1","update": \#(update) ,"bot_name":"x"}"#
        let read = try Update(envelope: Array(envelope.utf8))
        #expect(String(decoding: read.json, as: UTF8.self) == update)
        #expect(read.id == 5)
    }

    @Test(arguments: [
        "{}", #"{"bot_id":"bot_1"}"#, #"{"bot_id":"bot_1","update":[]}"#, "no JSON", #"{"update":{"update_id":1}}"#,
    ])
    func whatIsNoEnvelopeIsRefused(text: String) {
        #expect(throws: WorkerError.self) { try Update(envelope: Array(text.utf8)) }
    }

    @Test func ownTypesDecode() throws {
        struct Own: Decodable {
            struct Message: Decodable { let from: [String: Name] }
            enum Name: Decodable {
                case any
                init(from decoder: any Decoder) throws { self = .any }
            }
            let message: Message
        }
        #expect(try update(Self.message).decode(Own.self).message.from.keys.sorted() == ["first_name", "id"])
    }

    @Test(arguments: [
        ("/start", "start", ""), ("/a_1 b  c", "a_1", "b  c"), ("/help@SomeBot", "help", ""), ("/x\ny", "x", "y"),
    ])
    func commandsAreTakenApart(text: String, name: String, arguments: String) {
        #expect(CommandText(text)?.name == name)
        #expect(CommandText(text)?.arguments == arguments)
    }

    @Test(arguments: ["", "/", "start", " /start", "/@bot", "/ä", "/a-b", "/" + String(repeating: "a", count: 33)])
    func otherTextIsNoCommand(text: String) { #expect(CommandText(text) == nil) }
}

@Suite struct MessageTextTests {
    @Test func shortTextIsOnePart() {
        #expect(MessageText.parts(of: "Hello ") == ["Hello "])
        #expect(MessageText.parts(of: "") == [])
        #expect(MessageText.parts(of: " \n") == [])
    }

    @Test func longTextIsCutBetweenWords() {
        #expect(MessageText.parts(of: "one two three", longest: 8) == ["one two ", "three"])
        #expect(MessageText.parts(of: "onetwothree", longest: 4) == ["onet", "woth", "ree"])
    }

    @Test func charactersStayWhole() {
        // Each takes four UTF-16 units.
        let flags = String(repeating: "🇩🇪", count: 5)
        let parts = MessageText.parts(of: flags, longest: 9)
        #expect(parts == ["🇩🇪🇩🇪", "🇩🇪🇩🇪", "🇩🇪"])
        #expect(MessageText.parts(of: "🇩🇪🇩🇪", longest: 2) == ["🇩🇪", "🇩🇪"])
    }

    @Test func nothingIsLostAndEachPartFits() {
        let text = (0..<3000).map { "word\($0)" }.joined(separator: " ")
        let parts = MessageText.parts(of: text)
        #expect(parts.joined() == text)
        #expect(parts.count > 1)
        #expect(parts.allSatisfy { $0.utf16.count <= 4096 })
    }
}
