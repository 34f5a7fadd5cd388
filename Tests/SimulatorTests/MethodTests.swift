@testable import Simulator
import JSON
import Testing

@Suite struct MethodTests {
    @Test func tokensThatAreUnknownOrNone() throws {
        let rig = try WorldRig()
        #expect(rig.call("getMe", token: "4200:AAwrong")?.status == 401)
        #expect(rig.call("getMe", token: "4200:AAwrong")?.text == "Unauthorized")
        for text in ["nonsense", "", "abc:def", "123", ":x", "12:"] {
            #expect(
                rig.call("getMe", token: text)?.json == ["ok": false, "error_code": 404, "description": "Not Found"])
        }
    }

    @Test func methodsInAnyCaseAndUnknownOnes() throws {
        let rig = try WorldRig()
        let me = try #require(rig.call("GETME")).result
        #expect(me["id"]?.intValue == 4200 && me["username"]?.stringValue == "test_bot" && me["is_bot"] == true)
        let unknown = try #require(rig.call("makeCoffee"))
        #expect(unknown.status == 404 && unknown.text == "Not Found: method not found")
    }

    @Test func sendMessageMakesAMessage() throws {
        let rig = try WorldRig()
        let reply = try #require(
            rig.call(
                "sendMessage",
                [
                    "chat_id": 11, "text": "Hi \"you\"\n",
                    "reply_markup": ["inline_keyboard": [[["text": "a", "callback_data": "b"]]]],
                ]))
        let message = reply.result
        #expect(reply.status == 200)
        #expect(message["text"]?.stringValue == "Hi \"you\"\n")
        #expect(message["chat"] == ["id": 11, "first_name": "Ada", "type": "private"])
        #expect(message["from"]?["id"]?.intValue == 4200)
        #expect(message["reply_markup"]?["inline_keyboard"] != nil)
        let record = rig.world.record.select(RecordFilter(bot: 4200), limit: 10)
        #expect(record.map(\.text) == ["Hi \"you\"\n"])
        #expect(record.first?.messageID == message["message_id"]?.intValue)
    }

    @Test(
        arguments: [
            (["chat_id": 11], "message text is empty"), (["chat_id": 11, "text": " \n"], "message text is empty"),
            (["text": "x"], "chat_id is empty"), (["chat_id": 12, "text": "x"], "chat not found"),
            (["chat_id": "@nobody", "text": "x"], "chat not found"),
            (["chat_id": "abc", "text": "x"], "chat not found"),
            (["chat_id": 11, "text": "x", "reply_markup": "{"], "can't parse reply keyboard markup JSON object"),
            (
                [
                    "chat_id": 11, "text": "x",
                    "reply_markup": ["inline_keyboard": [[["text": "a", "callback_data": ""]]]],
                ],
                "BUTTON_DATA_INVALID"
            ),
            (["chat_id": 11, "text": .string(String(repeating: "é", count: 4097))], "message is too long"),
        ] as [([String: JSONValue], String)])
    func refusedMessages(_ arguments: [String: JSONValue], _ text: String) throws {
        let rig = try WorldRig()
        let reply = try #require(rig.call("sendMessage", arguments))
        #expect(reply.status == 400)
        #expect(reply.text == "Bad Request: \(text)")
        #expect(rig.world.record.select(RecordFilter(), limit: 10).isEmpty)
        #expect(rig.world.record.select(RecordFilter(sentOnly: false), limit: 10).count == 1)
    }

    @Test func aTextOf4096CharactersIsTaken() throws {
        let rig = try WorldRig()
        let text = String(repeating: "é", count: 4096)
        #expect(rig.call("sendMessage", ["chat_id": 11, "text": .string(text)])?.status == 200)
    }

    @Test func blockedBotsAreToldAndUnblockedOnesWork() throws {
        let rig = try WorldRig()
        rig.drain()
        try rig.world.setBlocked(true, bot: 4200, user: 11, rig.now, &rig.actions)
        let reply = try #require(rig.call("sendMessage", ["chat_id": 11, "text": "x"]))
        #expect(reply.status == 403 && reply.text == "Forbidden: bot was blocked by the user")
        let update = rig.call("getUpdates")?.result.arrayValue?.first
        #expect(update?["my_chat_member"]?["new_chat_member"]?["status"]?.stringValue == "kicked")
        try rig.world.setBlocked(false, bot: 4200, user: 11, rig.now, &rig.actions)
        #expect(rig.call("sendMessage", ["chat_id": 11, "text": "x"])?.status == 200)
    }

    @Test func groupsKnowWhoIsInside() throws {
        let rig = try WorldRig()
        let group = try #require(try rig.world.createChat(ChatSpec(type: .group, title: "G", bots: [4200])).id)
        let send: [String: JSONValue] = ["chat_id": .int(group), "text": "x"]
        #expect(rig.call("sendMessage", send)?.status == 200)
        try rig.world.setMembership(.kicked, bot: 4200, chat: group)
        #expect(rig.call("sendMessage", send)?.text == "Forbidden: bot was kicked from the group chat")
        try rig.world.setMembership(.left, bot: 4200, chat: group)
        #expect(rig.call("sendMessage", send)?.text == "Forbidden: bot is not a member of the group chat")
        try rig.world.setMembership(.member, bot: 4200, chat: group)
        let new = try #require(try rig.world.migrate(group).id)
        let moved = try #require(rig.call("sendMessage", send))
        #expect(moved.text == "Bad Request: group chat was upgraded to a supergroup chat")
        #expect(moved.json["parameters"]?["migrate_to_chat_id"]?.intValue == new)
        #expect(rig.call("sendMessage", ["chat_id": .int(new), "text": "x"])?.status == 200)
    }

    @Test func channelsByName() throws {
        let rig = try WorldRig()
        _ = try rig.world.createChat(ChatSpec(type: .channel, title: "News", username: "TheNews", bots: [4200]))
        let message = rig.call("sendMessage", ["chat_id": "@thenews", "text": "x"])?.result
        #expect(message?["chat"]?["type"]?.stringValue == "channel")
        #expect(message?["from"] == nil)
    }

    @Test func editing() throws {
        let rig = try WorldRig()
        let id = try #require(rig.call("sendMessage", ["chat_id": 11, "text": "one"])?.result["message_id"]?.intValue)
        func edit(_ text: String, _ message: Int64) -> APIReply? {
            rig.call("editMessageText", ["chat_id": 11, "message_id": .int(message), "text": .string(text)])
        }
        #expect(edit("two", id)?.result["text"]?.stringValue == "two")
        let same = try #require(edit("two", id))
        #expect(same.status == 400)
        #expect(
            same.text
                == "Bad Request: message is not modified: specified new message content and reply markup are exactly the same as a current content and reply markup of the message"
        )
        #expect(edit("x", 999)?.text == "Bad Request: message to edit not found")
        #expect(edit("x", 1)?.text == "Bad Request: message can't be edited")
        #expect(edit("", id)?.text == "Bad Request: message text is empty")
        #expect(rig.call("deleteMessage", ["chat_id": 11, "message_id": .int(id)])?.result == true)
        #expect(
            rig.call("deleteMessage", ["chat_id": 11, "message_id": .int(id)])?.text
                == "Bad Request: message to delete not found")
    }

    @Test func callbacksAreAnsweredOnce() throws {
        let rig = try WorldRig()
        let receipt = try rig.world.press(CallbackSpec(bot: 4200, user: 11, data: "x"), rig.now, &rig.actions)
        let query = JSONValue.string(try #require(receipt.queryID))
        #expect(rig.call("answerCallbackQuery", ["callback_query_id": query])?.result == true)
        let again = try #require(rig.call("answerCallbackQuery", ["callback_query_id": query]))
        #expect(
            again.text == "Bad Request: query is too old and response timeout expired or query ID is invalid")
        let sent = rig.world.record.select(RecordFilter(method: "answercallbackquery"), limit: 10)
        #expect(sent.map(\.chatID) == [11])
    }

    @Test func buttonsStandOnTheirMessage() throws {
        let rig = try WorldRig()
        rig.drain()
        let id = try #require(rig.call("sendMessage", ["chat_id": 11, "text": "pick"])?.result["message_id"]?.intValue)
        _ = try rig.world.press(CallbackSpec(bot: 4200, user: 11, messageID: id, data: "x"), rig.now, &rig.actions)
        let update = rig.call("getUpdates")?.result.arrayValue?.first
        #expect(update?["callback_query"]?["message"]?["text"]?.stringValue == "pick")
        #expect(update?["callback_query"]?["from"]?["id"]?.intValue == 11)
        #expect(throws: SimulatorError.self) {
            try rig.world.press(CallbackSpec(bot: 4200, user: 11, messageID: 999, data: "x"), rig.now, &rig.actions)
        }
    }

    @Test func filesAreKeptAndFetched() throws {
        let rig = try WorldRig()
        let file = UploadedFile(name: "a b.txt", contentType: "text/plain", bytes: Array("abc".utf8))
        let sent = rig.call(
            "sendDocument", ["chat_id": 11, "document": "attach://f1", "caption": "see"], files: ["f1": file])?.result
        #expect(sent?["document"]?["file_name"]?.stringValue == "a b.txt")
        #expect(sent?["caption"]?.stringValue == "see")
        let id = try #require(sent?["document"]?["file_id"])
        let path = try #require(rig.call("getFile", ["file_id": id])?.result["file_path"]?.stringValue)
        #expect(rig.world.files.at(path: path)?.upload.bytes == file.bytes)
        #expect(rig.call("sendDocument", ["chat_id": 11, "document": id])?.status == 200)
        #expect(rig.call("getFile", ["file_id": "nope"])?.text == "Bad Request: invalid file_id")
        #expect(rig.call("sendPhoto", ["chat_id": 11])?.text == "Bad Request: there is no photo in the request")
        let record = rig.world.record.select(RecordFilter(method: "sendDocument"), limit: 1).first
        #expect(record?.parameters["f1"]?["size"]?.intValue == 3)
        #expect(record?.text == "see")
    }

    @Test func albums() throws {
        let rig = try WorldRig()
        let file = UploadedFile(name: "1.jpg", contentType: "", bytes: [1])
        let reply = rig.call(
            "sendMediaGroup",
            [
                "chat_id": 11,
                "media": #"[{"type":"photo","media":"attach://a"},{"type":"photo","media":"attach://a"}]"#,
            ],
            files: ["a": file])
        #expect(reply?.result.arrayValue?.count == 2)
    }

    @Test func copiesAndForwards() throws {
        let rig = try WorldRig()
        let id = try #require(rig.call("sendMessage", ["chat_id": 11, "text": "one"])?.result["message_id"])
        let copy = rig.call("copyMessage", ["chat_id": 11, "from_chat_id": 11, "message_id": id])?.result
        #expect(copy?.objectValue?.keys.sorted() == ["message_id"])
        let forward = rig.call("forwardMessage", ["chat_id": 11, "from_chat_id": 11, "message_id": id])?.result
        #expect(forward?["text"]?.stringValue == "one")
        #expect(
            rig.call("forwardMessage", ["chat_id": 11, "from_chat_id": 11, "message_id": 999])?.text
                == "Bad Request: message to forward not found")
    }

    @Test func methodsWithoutAModelSayTrueOrAreRefused() throws {
        let rig = try WorldRig()
        #expect(rig.call("pinChatMessage", ["chat_id": 11, "message_id": 1])?.result == true)
        #expect(rig.call("sendVenue", ["chat_id": 11])?.result["message_id"] != nil)
        #expect(rig.call("getStickerSet", ["name": "x"])?.status == 400)
    }

    @Test func loggedOutBotsStayOut() throws {
        let rig = try WorldRig()
        #expect(rig.call("logOut")?.result == true)
        #expect(rig.call("getMe")?.text == "Logged out")
    }

    @Test func limitsWhereTheyAreOn() throws {
        let free = try WorldRig()
        for _ in 0..<50 { #expect(free.call("sendMessage", ["chat_id": 11, "text": "x"])?.status == 200) }
        var settings = WorldSettings(allowInsecureWebhooks: true)
        settings.enforcesLimits = true
        let rig = try WorldRig(settings)
        var statuses: [Int?] = []
        for _ in 0..<5 { statuses.append(rig.call("sendMessage", ["chat_id": 11, "text": "x"])?.status) }
        #expect(statuses == [200, 200, 200, 429, 429])
        rig.advance(.seconds(2))
        #expect(rig.call("sendMessage", ["chat_id": 11, "text": "x"])?.status == 200)
        let query = try rig.world.press(CallbackSpec(bot: 4200, user: 11, data: "x"), rig.now, &rig.actions).queryID
        #expect(rig.call("answerCallbackQuery", ["callback_query_id": .string(query ?? "")])?.status == 200)
    }
}
