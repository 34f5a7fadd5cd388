import Concurrency
import Gateway
import HTTPServer
import HTTPTypes
import KafkaClient
import KubernetesTypes
import Observability
import PlatformAPI
import Testing

@Suite struct WebhookHandlerTests {
    private let directory = BindingDirectory()
    private let metrics = GatewayMetrics(MetricsRegistry())
    private let produced = Locked<[KafkaRecord]>([])
    private let duplicates: DuplicateFilter

    init() {
        duplicates = DuplicateFilter(metrics: metrics)
        directory.upsert(
            ObjectKey(namespace: "tgs", name: "a"),
            Binding(botID: BotID(number: 42), owner: "a/b", token: "42:t", webhookSecrets: ["new", "old"]))
    }

    private func post(
        _ body: [UInt8], bot: String = "bot_42", secret: String? = "new", headers: HTTPHeaders = [:],
        failing error: KafkaError? = nil
    ) async -> HTTPServerResponse {
        let intake = UpdateIntake(
            duplicates: duplicates, metrics: metrics, logger: .silent,
            enqueue: { [produced] record, ended in
                if let error { return ended(error) }
                produced.withLock { $0.append(record) }
                ended(nil)
            })
        let handler = WebhookHandler(
            directory: directory, retryAfterSeconds: 3, metrics: metrics, logger: .silent, intake: intake)
        var headers = headers
        headers["X-Telegram-Bot-Api-Secret-Token"] = secret
        return await handler.handle(
            HTTPServerRequest(method: .post, target: "/webhook/\(bot)", headers: headers, body: body), bot: bot)
    }

    private func post(_ body: String) async -> HTTPServerResponse { await post(Array(body.utf8)) }

    private let update = #"{"update_id":7,"message":{"chat":{"id":-5},"from":{"id":9}}}"#

    @Test func anUpdateIsPutOnItsBotsTopicUnderItsChat() async throws {
        let traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
        let response = await post(Array(update.utf8), headers: ["traceparent": traceparent])
        #expect(response.status == .ok)
        let record = try #require(produced.withLock { $0 }.first)
        #expect(record.topic == "bot_42_incoming")
        #expect(record.key == Array("-5".utf8))
        #expect(record.value == Array(#"{"bot_id":"bot_42","update":\#(update)}"#.utf8))
        #expect(record.headers.map(\.0) == ["update-id", "received-at", "traceparent"])
        #expect(record.headers[0].1 == Array("7".utf8))
        #expect(record.headers[2].1 == Array(traceparent.utf8))
        #expect(metrics.webhooks.value(["accepted"]) == 1)
    }

    @Test func whatTelegramRepeatsIsTakenOnce() async {
        let body = Array(update.utf8)
        #expect(await post(body, failing: KafkaError(.timedOut, "too late")).status == .serviceUnavailable)
        #expect(await post(body).status == .ok)
        #expect(await post(body).status == .ok)
        #expect(produced.withLock { $0.count } == 1)
        #expect(metrics.webhooks.value(["accepted"]) == 1)
        #expect(metrics.webhooks.value(["duplicate"]) == 1)
    }

    @Test func keysFallBackToTheUserAndTheUpdate() async {
        _ = await post(#"{"update_id":1,"inline_query":{"from":{"id":9},"id":"x"}}"#)
        _ = await post(#"{"update_id":2,"poll":{"id":"x"}}"#)
        #expect(produced.withLock { $0 }.map(\.key) == [Array("9".utf8), Array("2".utf8)])
    }

    @Test func bothSecretsAreGoodWhileTheyAreRotatedAndNoOther() async {
        #expect(await post(Array(update.utf8), secret: "old").status == .ok)
        for secret in [nil, "", "ol", "oldx", "old\n", "new,old", "newold"] {
            #expect(await post(Array(update.utf8), secret: secret).status == .unauthorized)
        }
        #expect(metrics.webhooks.value(["wrong_secret"]) == 7)
        #expect(produced.withLock { $0.count } == 1)
    }

    @Test func unknownBotsAreNotFound() async {
        for bot in ["", "bot_43", "bot_042", "42", "bot_-42", "bot_42/", "bot_99999999999999999999"] {
            #expect(await post(Array(update.utf8), bot: bot).status == .notFound, "\(bot)")
        }
    }

    @Test func whatIsNoUpdateIsTakenAndCounted() async {
        let bodies = [
            "", "hello", "[]", "{}", #"{"update_id":"7"}"#, #"{"update_id":7"#, #"{"update_id":7} {"update_id":8}"#,
            #"{"update_id":7}}"#, #"{"update_id":1.5}"#,
        ]
        for body in bodies { #expect(await post(body).status == .ok, "\(body)") }
        // No UTF-8, and deeper than anything that Telegram sends.
        let strange: [[UInt8]] = [
            [0x7b, 0xff, 0x7d], Array("{\"update_id\":1,\"x\":\"".utf8) + [0xc0, 0x80] + Array("\"}".utf8),
            Array(("{\"update_id\":1,\"x\":" + String(repeating: "[", count: 200_000)).utf8),
            Array(
                ("{\"update_id\":1,\"x\":" + String(repeating: "[", count: 1000) + String(repeating: "]", count: 1000)
                    + "}").utf8),
        ]
        for body in strange { #expect(await post(body).status == .ok) }
        #expect(metrics.webhooks.value(["not_an_update"]) == Double(bodies.count + strange.count))
        #expect(produced.withLock { $0.isEmpty })
    }

    @Test func aByteOrderMarkDoesNotGetIntoTheEnvelope() async {
        #expect(await post([0xef, 0xbb, 0xbf] + Array(update.utf8)).status == .ok)
        for record in produced.withLock({ $0 }) {
            #expect(record.value == Array(#"{"bot_id":"bot_42","update":\#(update)}"#.utf8))
        }
    }

    @Test func whatTheBrokerDoesNotAcknowledgeStaysWithTelegram() async {
        for code in [KafkaError.Code.timedOut, .queueFull, .unknownTopic, .interrupted, .closed] {
            let response = await post(Array(update.utf8), failing: KafkaError(code, "no"))
            #expect(response.status == .serviceUnavailable)
            #expect(response.headers["Retry-After"] == "3")
        }
        #expect(metrics.webhooks.value(["unavailable"]) == 5)
    }

    @Test func whatIsTooLargeForTheBrokerIsSaid() async {
        let response = await post(Array(update.utf8), failing: KafkaError(.recordTooLarge, "no"))
        #expect(response.status == .payloadTooLarge)
        #expect(metrics.webhooks.value(["too_large"]) == 1)
    }
}
