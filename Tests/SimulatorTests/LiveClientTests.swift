import HTTPClient
import HTTPTypes
import JSON
import Observability
import Simulator
import TelegramBotAPI
import Testing

/// The client against the simulator: calls, errors and what becomes of them.
@Suite struct LiveClientTests {
    private func failure(_ body: () async throws -> Void) async -> TelegramError? {
        do {
            try await body()
            return nil
        } catch {
            return error as? TelegramError
        }
    }

    @Test func getMeKnowsGoodAndBadTokens() async throws {
        try await LiveRig.run { rig in
            let me = try await rig.client.getMe(token: rig.token)
            #expect(me.id == rig.bot.id && me.username == "live_bot" && me.isBot)
            let wrong = try BotToken("\(rig.bot.id):AAwrongwrongwrongwrongwrongwrongwrong")
            let error = await failure { _ = try await rig.client.getMe(token: wrong) }
            #expect(error?.code == .unauthorized)
            #expect(error?.isTokenRefused == true)
            #expect(error?.description.contains("AAwrong") == false)
            _ = try rig.simulator.revokeToken(of: rig.bot.id)
            #expect(await failure { _ = try await rig.client.getMe(token: rig.token) }?.code == .unauthorized)
        }
    }

    @Test func tooManyRequestsSayWhen() async throws {
        try await LiveRig.run { rig in
            try rig.simulator.write(MessageSpec(bot: rig.bot.id, user: 77, text: "/start"))
            var fault = FaultSpec()
            fault.method = "sendMessage"
            (fault.errorCode, fault.retryAfter, fault.count) = (429, 13, 1)
            try rig.simulator.addFault(fault)
            let error = await failure { _ = try await rig.client.sendMessage(chat: 77, text: "x", token: rig.token) }
            #expect(error?.code == .tooManyRequests(retryAfter: 13))
            #expect(Disposition.disposition(for: error, method: "sendMessage") == .retry(after: .seconds(13)))
            _ = try await rig.client.sendMessage(chat: 77, text: "x", token: rig.token)
        }
    }

    @Test func aCutConnectionLeavesTheOutcomeOpen() async throws {
        try await LiveRig.run { rig in
            try rig.simulator.write(MessageSpec(bot: rig.bot.id, user: 77, text: "/start"))
            for cut in [FaultSpec.Cut.before, .after] {
                var fault = FaultSpec()
                fault.cut = cut
                try rig.simulator.addFault(fault)
                let sending = await failure {
                    _ = try await rig.client.sendMessage(chat: 77, text: "x", token: rig.token)
                }
                #expect(sending?.code == .outcomeUnknown)
                let reading = await failure { _ = try await rig.client.getMe(token: rig.token) }
                #expect(reading?.code == .transport)
                try rig.simulator.removeFaults()
            }
            #expect(
                rig.simulator.calls(RecordFilter(method: "sendMessage")).count == 1,
                "only the later cut was carried out")
        }
    }

    @Test func nobodyThereMeansNotSent() async throws {
        try await LiveRig.run { rig in
            let client = TelegramClient(http: rig.http, baseURL: "http://127.0.0.1:1", logger: .silent)
            let error = await failure { _ = try await client.sendMessage(chat: 77, text: "x", token: rig.token) }
            #expect(error?.code == .transport)
            #expect(error?.isRetriable == true)
            #expect(error?.description.contains(rig.token.sensitive.value) == false)
        }
    }

    @Test func slowAnswersTimeOut() async throws {
        try await LiveRig.run { rig in
            try rig.simulator.write(MessageSpec(bot: rig.bot.id, user: 77, text: "/start"))
            var fault = FaultSpec()
            fault.delayMilliseconds = 5000
            try rig.simulator.addFault(fault)
            let error = await failure {
                let _: Bool = try await rig.client.call(
                    "sendMessage", ["chat_id": 77, "text": "x"] as JSONValue, token: rig.token,
                    timeout: .milliseconds(300))
            }
            #expect(error?.code == .outcomeUnknown)
            #expect(
                rig.simulator.calls(RecordFilter(method: "sendMessage")).count == 1, "it was carried out all the same")
        }
    }

    @Test func pagesOfProxiesAreNotBelieved() async throws {
        try await LiveRig.run { rig in
            for (status, code) in [(502, TelegramError.Code.server), (404, .malformedAnswer), (401, .malformedAnswer)] {
                var fault = FaultSpec()
                (fault.errorCode, fault.body, fault.count) = (status, "<html>nope</html>", 1)
                try rig.simulator.addFault(fault)
                #expect(await failure { _ = try await rig.client.getMe(token: rig.token) }?.code == code)
            }
        }
    }

    @Test func strictSimulatorsLookHostsUp() async throws {
        try await LiveRig.run(timeScale: 0.02, { $0.allowInsecureWebhooks = false }) { rig in
            let error = await failure {
                try await rig.client.setWebhook(WebhookSettings(url: "https://localhost/hook"), token: rig.token)
            }
            #expect(error?.apiDescription == "Bad Request: bad webhook: IP address 127.0.0.1 is reserved")
        }
    }

    @Test func cancelledCallsSaySo() async throws {
        try await LiveRig.run { rig in
            let poll = Task { try await rig.client.getUpdates(offset: nil, wait: .seconds(50), token: rig.token) }
            try await eventually("it polls") { try rig.simulator.state(of: rig.bot.id).isPolling }
            poll.cancel()
            #expect(await failure { _ = try await poll.value }?.code == .cancelled)
        }
    }

    @Test func methodsAreNoPaths() async throws {
        try await LiveRig.run { rig in
            for method in ["", "../getMe", "getMe?x=1", "get Me", "getMe/"] {
                let error = await failure {
                    _ = try await rig.client.callRaw(method, body: [], contentType: "", token: rig.token)
                }
                #expect(error?.code == .invalidRequest, "\(method)")
            }
        }
    }

    @Test func rawCallsGiveTheAnswerAsItIs() async throws {
        try await LiveRig.run { rig in
            let (status, body) = try await rig.client.callRaw(
                "sendMessage", body: Array("chat_id=404&text=x".utf8),
                contentType: "application/x-www-form-urlencoded", token: rig.token)
            #expect(status == .badRequest)
            #expect(
                String(decoding: body, as: UTF8.self)
                    == #"{"ok":false,"error_code":400,"description":"Bad Request: chat not found"}"#)
        }
    }

    @Test func requestsOfFrameworks() async throws {
        try await LiveRig.run { rig in
            try rig.simulator.write(MessageSpec(bot: rig.bot.id, user: 1, text: "/start"))
            let encoded = rig.bot.token.replacing(":", with: "%3A")
            let form = "application/x-www-form-urlencoded"
            let base = "/bot\(rig.bot.token)"
            #expect(try await rig.raw(.get, "\(base)/getMe").status == .ok)
            #expect(try await rig.raw(.post, "/bot\(encoded)/GETME").status == .ok)
            #expect(try await rig.raw(.get, "\(base)/sendMessage?chat_id=1&text=by%20query+too").status == .ok)
            #expect(
                try await rig.raw(.post, "\(base)/sendMessage?text=first", type: form, "chat_id=1&text=second").status
                    == .ok)
            #expect(
                try await rig.raw(
                    .post, "\(base)/sendmessage", type: "application/json", #"{"chat_id":"1","text":"by json"}"#
                ).status == .ok)
            let multipart =
                "--b\r\nContent-Disposition: form-data; name=\"chat_id\"\r\n\r\n1\r\n--b\r\nContent-Disposition: form-data; name=\"document\"; filename=\"a b.txt\"\r\n\r\nabc\r\n--b--\r\n"
            let upload = try await rig.raw(
                .post, "\(base)/sendDocument", type: "multipart/form-data; boundary=b", multipart)
            #expect(upload.status == .ok)
            #expect(
                rig.simulator.calls(RecordFilter(method: "sendMessage")).map(\.text) == [
                    "by query too", "first", "by json",
                ])
            let file = try await rig.raw(.post, "\(base)/getFile", type: form, "file_id=SIMFILE-1")
            #expect(String(decoding: file.body, as: UTF8.self).contains("documents/file_1.txt"))
            for prefix in ["/file/bot\(rig.bot.token)", "/file/bot\(encoded)"] {
                #expect(try await rig.raw(.get, "\(prefix)/documents/file_1.txt").body == Array("abc".utf8))
            }
            #expect(try await rig.raw(.get, "/file/bot1:x/documents/file_1.txt").status == .notFound)
            for (path, status) in [
                ("/", 404), ("/botnonsense/getMe", 404), ("/bot1:abc/getMe", 401), ("\(base)/nope", 404),
                ("\(base)/", 404), ("/health", 404),
            ] {
                let response = try await rig.raw(.get, path)
                #expect(response.status.rawValue == status, "\(path)")
                #expect(response.headers["Content-Type"] == "application/json")
            }
        }
    }
}
