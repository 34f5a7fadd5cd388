import Concurrency
import Foundation
import HTTPClient
import HTTPServer
import HTTPTypes
import JSON
import Observability
import Testing
import Tracing

/// Against a collector made of the project's own server.
@Suite struct SpanExporterTests {
    /// What came to the collector, and what it answers.
    private struct Collector: Sendable {
        var requests: [(headers: HTTPHeaders, body: JSONValue?)] = []
        var status = HTTPStatus.ok
    }

    private static let capacity = 600
    private let collector = Locked(Collector())
    private let registry = MetricsRegistry()

    private func spans(_ result: String) -> Double {
        registry.counter("tracing_spans_total", help: "", labels: ["result"]).value([result])
    }

    private func eventually(_ condition: () -> Bool, sourceLocation: SourceLocation = #_sourceLocation) async {
        for _ in 0..<2000 {
            if condition() { return }
            _ = await sleepUnlessCancelled(for: .milliseconds(10))
        }
        Issue.record("not within 20 s", sourceLocation: sourceLocation)
    }

    private func run(_ body: (SpanExporter, HTTPServer) async throws -> Void) async throws {
        let server = HTTPServer(
            HTTPServer.Configuration(), name: "collector", logger: .silent, metrics: nil,
            handler: { [collector] request in
                collector.withLock { collector in
                    let body = try? JSONDecoder().decode(JSONValue.self, from: Data(request.body))
                    collector.requests.append((request.headers, request.path == "/v1/traces" ? body : nil))
                    return HTTPServerResponse.json(collector.status, Array("{}".utf8))
                }
            })
        try server.start()
        let http = try HTTPClient()
        let exporter = SpanExporter(
            TracingSettings(
                endpoint: "http://127.0.0.1:\(server.port)/v1/traces", headers: ["X-Key": "k"],
                resource: [("service.name", "tgs \"test\"")]),
            http: http, logger: .silent, metrics: registry, capacity: Self.capacity, farewell: .seconds(60))
        let running = Task { try await exporter.run() }
        let result: Result<Void, any Error>
        do {
            try await body(exporter, server)
            result = .success(())
        } catch {
            result = .failure(error)
        }
        await exporter.shutdown()
        try await running.value
        await server.shutdown()
        await http.shutdown()
        try result.get()
    }

    /// The shape is that of opentelemetry-proto's JSON: https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding
    @Test func aCollectorIsToldInOTLPsJSON() async throws {
        try await run { exporter, _ in
            let tracer = exporter.tracer
            let parent = try #require(tracer.start("webhook", .server, parent: nil))
            let child = try #require(tracer.start("publish", .producer, parent: parent.context.traceparent))
            tracer.end(child, isError: true, [("bot_id", "bot_42"), ("update_id", 9_007_199_254_740_993)])
            tracer.end(parent)
            await eventually { spans("exported") == 2 }
            let requests = collector.withLock { $0.requests }
            #expect(
                requests.allSatisfy { $0.headers["Content-Type"] == "application/json" && $0.headers["X-Key"] == "k" })
            let resources = requests.compactMap { $0.body?["resourceSpans"]?.arrayValue?.first }
            #expect(
                resources.first?["resource"]
                    == ["attributes": [["key": "service.name", "value": ["stringValue": "tgs \"test\""]]]])
            let told = resources.flatMap { $0["scopeSpans"]?.arrayValue?.first?["spans"]?.arrayValue ?? [] }
            #expect(told.count == 2)
            let (first, second) = (try #require(told.first), try #require(told.last))
            #expect(first["traceId"]?.stringValue == parent.context.traceID)
            #expect(first["traceId"] == second["traceId"])
            #expect(first["parentSpanId"] == second["spanId"])
            #expect(second["parentSpanId"] == nil)
            #expect(first["spanId"]?.stringValue?.utf8.count == 16)
            #expect(first["name"] == "publish")
            #expect(first["kind"] == 4)
            #expect(second["kind"] == 2)
            #expect(first["status"] == ["code": 2])
            #expect(second["status"] == nil)
            #expect(
                first["attributes"] == [
                    ["key": "bot_id", "value": ["stringValue": "bot_42"]],
                    ["key": "update_id", "value": ["intValue": "9007199254740993"]],
                ])
            let start = try #require(first["startTimeUnixNano"]?.stringValue.flatMap { UInt64($0) })
            let end = try #require(first["endTimeUnixNano"]?.stringValue.flatMap { UInt64($0) })
            #expect(start <= end && start > 1_600_000_000_000_000_000)
        }
    }

    @Test func aCollectorThatIsAwayCostsSpansAndNothingElse() async throws {
        try await run { exporter, _ in
            collector.withLock { $0.status = .serviceUnavailable }
            let tracer = exporter.tracer
            for _ in 0..<Self.capacity + 500 { tracer.end(tracer.start("a", .client, parent: nil)) }
            #expect(spans("dropped") >= 1)
            #expect(spans("exported") == 0)
            await eventually { collector.withLock { $0.requests.count > 1 } }
            collector.withLock { $0.status = .ok }
            await eventually { spans("exported") > 0 }
        }
        #expect(spans("exported") + spans("dropped") + spans("failed") == Double(Self.capacity + 500))
    }

    @Test func whatIsRefusedIsNotSentAgain() async throws {
        try await run { exporter, _ in
            collector.withLock { $0.status = .badRequest }
            exporter.tracer.end(exporter.tracer.start("a", .client, parent: nil))
            await eventually { spans("failed") == 1 }
            #expect(collector.withLock { $0.requests.count } == 1)
        }
    }

    @Test func theLastSpansAreSentAtTheEnd() async throws {
        try await run { exporter, _ in
            for _ in 0..<550 { exporter.tracer.end(exporter.tracer.start("a", .client, parent: nil)) }
        }
        #expect(spans("exported") == 550)
    }
}
