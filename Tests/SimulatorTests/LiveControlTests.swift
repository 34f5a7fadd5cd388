import HTTPClient
import HTTPTypes
import JSON
import Observability
import Simulator
import TelegramBotAPI
import Testing

@Suite struct LiveControlTests {
    @Test func aConversationByTheControlAPI() async throws {
        try await LiveRig.run { rig in
            let made = try await rig.control(
                .post, "/bots", #"{"token":"4200:AAtesttesttesttesttesttesttesttest1","username":"shop_bot"}"#)
            #expect(made.status == 201 && made.json["id"]?.intValue == 4200)
            #expect(try await rig.control(.post, "/bots", #"{"id":4200}"#).status == 409)
            #expect(try await rig.control(.post, "/users", #"{"id":11,"first_name":"Ada"}"#).status == 201)
            let written = try await rig.control(.post, "/messages", #"{"bot":4200,"user":11,"text":"/start now"}"#)
            #expect(written.status == 200)
            #expect(written.json.arrayValue?.first?["message_id"]?.intValue == 1)
            let state = try await rig.control(.get, "/bots/4200")
            #expect(state.json["pending"]?.intValue == 1)
            #expect(state.json["webhook"] == nil)

            let token = try BotToken("4200:AAtesttesttesttesttesttesttesttest1")
            let update = try #require(try await rig.client.getUpdates(offset: nil, wait: .zero, token: token).first)
            #expect(
                String(decoding: update.bytes, as: UTF8.self).contains(
                    #""entities":[{"offset":0,"length":6,"type":"bot_command"}]"#))
            async let waited = rig.control(.get, "/sent?bot=4200&wait=30&count=2")
            let first = try await rig.client.sendMessage(chat: 11, text: "one", token: token)
            _ = try await rig.client.sendMessage(chat: 11, text: "two", token: token)
            let sent = try await waited.json.arrayValue ?? []
            #expect(sent.map { $0["text"]?.stringValue } == ["one", "two"])
            let after = sent.first?["seq"]?.intValue ?? 0
            #expect(try await rig.control(.get, "/sent?after=\(after)").json.arrayValue?.count == 1)

            let press = try await rig.control(
                .post, "/callbacks", #"{"bot":4200,"user":11,"message_id":\#(first.messageID),"data":"ok"}"#)
            #expect(press.json["query_id"]?.stringValue != nil)
            #expect(try await rig.control(.post, "/users/11/block", #"{"bot":4200}"#).status == 204)
            #expect(
                try await rig.client.callRaw(
                    "sendMessage", body: Array(#"{"chat_id":11,"text":"x"}"#.utf8), contentType: "application/json",
                    token: token
                ).0 == .forbidden)
            #expect(try await rig.control(.post, "/users/11/unblock", #"{"bot":4200}"#).status == 204)
            let counts = try await rig.control(.get, "/counts").json.arrayValue ?? []
            #expect(counts.contains(["bot": 4200, "method": "sendMessage", "succeeded": 2, "failed": 1]))
            #expect(try await rig.control(.delete, "/calls").status == 204)
            #expect(try await rig.control(.get, "/calls").json == [])
        }
    }

    @Test func groupsAndRawUpdates() async throws {
        try await LiveRig.run { rig in
            let id = rig.bot.id
            let chat = try await rig.control(.post, "/chats", #"{"type":"group","title":"G","bots":[\#(id)]}"#)
            let number = try #require(chat.json["id"]?.intValue)
            let seen = try await rig.control(.post, "/messages", #"{"user":5,"chat":\#(number),"text":"hi all"}"#)
            #expect(seen.json.arrayValue?.map { $0["bot"]?.intValue } == [id])
            #expect(try await rig.control(.put, "/chats/\(number)/bots/\(id)", #"{"status":"kicked"}"#).status == 204)
            let moved = try await rig.control(.post, "/chats/\(number)/migrate")
            #expect(moved.json["type"]?.stringValue == "supergroup")
            let raw = try await rig.control(.post, "/bots/\(id)/updates", #"{"update_id":0,"poll":{"id":"1"}}"#)
            #expect(raw.status == 200 && raw.json["update_id"]?.intValue != nil)
            let kept = try await rig.control(
                .post, "/bots/\(id)/updates?keep_update_id=true", #"{"update_id":42,"poll":{"id":"1"}}"#)
            #expect(kept.json["update_id"]?.intValue == 42)
            #expect(
                try await rig.control(.post, "/load", #"{"bot":\#(id),"users":3,"messages":9}"#).json == ["accepted": 9]
            )
            let revoked = try await rig.control(.post, "/bots/\(id)/revoke")
            #expect(revoked.json["token"]?.stringValue != rig.bot.token)
            #expect(try await rig.control(.delete, "/bots/\(id)").status == 204)
            #expect(try await rig.control(.get, "/bots/\(id)").status == 404)
        }
    }

    @Test func faultsAndReset() async throws {
        try await LiveRig.run { rig in
            let fault = try await rig.control(.post, "/faults", #"{"method":"getMe","error_code":500,"count":5}"#)
            #expect(fault.status == 201)
            let id = try #require(fault.json["id"]?.intValue)
            #expect(try await rig.raw(.get, "/bot\(rig.bot.token)/getMe").status == .internalServerError)
            let listed = try await rig.control(.get, "/faults").json.arrayValue?.first
            #expect(listed?["seen"]?.intValue == 1 && listed?["remaining"]?.intValue == 4)
            #expect(try await rig.control(.delete, "/faults/\(id)").status == 204)
            #expect(try await rig.control(.delete, "/faults/\(id)").status == 404)
            #expect(try await rig.control(.post, "/faults", "{}").status == 400)
            #expect(try await rig.control(.post, "/reset").status == 204)
            #expect(try await rig.control(.get, "/bots").json == [])
        }
    }

    @Test func probesAndMistakes() async throws {
        try await LiveRig.run { rig in
            #expect(try await rig.control(.get, "/health").status == 200)
            #expect(try await rig.control(.get, "/ready").status == 200)
            #expect(try await rig.control(.get, "/metrics").status == 200)
            for (method, path, body, status) in [
                (HTTPMethod.get, "/nowhere", "", 404), (.post, "/bots", "{", 400),
                (.post, "/messages", #"{"user":1}"#, 400),
                (.post, "/messages", #"{"user":1,"bot":99}"#, 404), (.get, "/bots/abc", "", 400),
                (.get, "/sent?limt=1", "", 400),
                (.post, "/bots", #"{"token":"nonsense"}"#, 400), (.post, "/bots/\(rig.bot.id)/updates", "no json", 400),
                (.delete, "/messages", "", 405), (.post, "/chats", #"{"type":"private"}"#, 400),
            ] as [(HTTPMethod, String, String, Int)] {
                let answer = try await rig.control(method, path, body)
                #expect(answer.status == status, "\(method) \(path)")
                if status != 405 { #expect(answer.json["message"]?.stringValue?.isEmpty == false, "\(path)") }
            }
            let timedOut = try await rig.control(.get, "/sent?wait=0&count=3")
            #expect(timedOut.json == [])
        }
    }
}
