import Concurrency
import Foundation
import Gateway
import HTTPClient
import HTTPServer
import HTTPTypes
import JSON
import KafkaClient
import KubernetesTypes
import Observability
import PlatformAPI
import Simulator
import TestRig
import Testing
import Tracing

extension GatewayIntegrationTests {
    /// A webhook with a `traceparent`, a worker that copies it, and the call of the Bot API: three spans of one trace at the
    /// collector, each the child of the one before; and lines in the log.
    @Test func aTraceGoesFromTheWebhookToTheCall() async throws {
        let told = Locked<[JSONValue]>([])
        let collector = HTTPServer(HTTPServer.Configuration(), name: "collector", logger: .silent, metrics: nil) {
            request in
            let body = try? JSONDecoder().decode(JSONValue.self, from: Data(request.body))
            let spans = body?["resourceSpans"]?.arrayValue?.first?["scopeSpans"]?.arrayValue?.first?["spans"]
            told.withLock { $0 += spans?.arrayValue ?? [] }
            return .json(Array("{}".utf8))
        }
        try collector.start()
        let lines = Locked<[String]>([])
        try await GatewayRig.run { rig in
            let bot = try await rig.makeBot(4200)
            let registry = MetricsRegistry()
            let exporter = SpanExporter(
                TracingSettings(endpoint: "http://127.0.0.1:\(collector.port)/v1/traces", ratio: 0), http: rig.http,
                logger: .silent, metrics: registry)
            var settings = rig.settings
            settings.accessLogSample = 1
            let gateway = try RunningGateway(
                settings, http: rig.http,
                logger: Logger(label: "gateway", sink: { line in lines.withLock { $0.append(line) } }),
                tracer: exporter.tracer, more: [exporter])
            rig.bind(bot, to: gateway)
            _ = try rig.simulator.write(MessageSpec(bot: bot.id, user: 5, text: "hello"))

            let trace = "0af7651916cd43dd8448eb211c80319c"
            let body = Array(#"{"update_id":1,"message":{"chat":{"id":5},"from":{"id":5},"text":"secret words"}}"#.utf8)
            let response = try await rig.post(
                gateway, "bot_4200", body, headers: ["traceparent": "00-\(trace)-b7ad6b7169203331-01"])
            #expect(response.status == .ok)
            let record = try #require(try await rig.records(["bot_4200_incoming"], count: 1).first)
            let header = try #require(record.headers.first { $0.0 == "traceparent" }?.1)
            _ = try await rig.producer.send(
                KafkaRecord(
                    topic: "bot_4200_outgoing",
                    value: Array(
                        #"{"method":"sendMessage","params":{"chat_id":5,"text":"private words"},"request_id":"r1"}"#
                            .utf8),
                    headers: [("traceparent", header)]))
            try await eventually("three spans are told") { told.withLock { $0.count } >= 3 }
            let spans = told.withLock { $0 }
            #expect(spans.allSatisfy { $0["traceId"]?.stringValue == trace })
            let named = Dictionary(grouping: spans) { $0["name"]?.stringValue ?? "" }.compactMapValues(\.first)
            #expect(named["webhook"]?["parentSpanId"] == "b7ad6b7169203331")
            #expect(named["publish"]?["parentSpanId"] == named["webhook"]?["spanId"])
            #expect(named["bot_api"]?["parentSpanId"] == named["publish"]?["spanId"])
            try await eventually("both are logged") {
                lines.withLock { $0 }.filter { $0.contains(trace) && $0.contains(#""message":"request""#) }.count == 2
            }
            let all = lines.withLock { $0 }
            #expect(all.contains { $0.contains(#""route":"answer""#) && $0.contains(#""request_id":"r1""#) })
            #expect(all.contains { $0.contains(#""route":"webhook""#) && $0.contains(#""telegram_user_id":5"#) })
            #expect(!all.contains { $0.contains("words") || $0.contains(bot.token) || $0.contains(GatewayRig.secret) })
            try await gateway.stop()
        }
        await collector.shutdown()
    }
}
