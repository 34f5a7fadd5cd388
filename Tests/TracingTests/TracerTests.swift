import Concurrency
import HTTPTypes
import Testing

@testable import Tracing

@Suite struct TracerTests {
    private let header = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

    @Test func aTraceParentReadsBack() throws {
        let context = try #require(SpanContext(traceparent: header))
        #expect(context.traceID == "0af7651916cd43dd8448eb211c80319c")
        #expect(context.spanID == 0xb7ad_6b71_6920_3331)
        #expect(context.isSampled)
        #expect(context.traceparent == header)
        #expect(SpanContext(traceparent: header.dropLast(2) + "02")?.isSampled == false)
    }

    @Test func newTracesAreAllDifferentAndReadBack() async {
        let made = await withTaskGroup(of: [SpanContext].self) { group in
            for _ in 0..<4 { group.addTask { (0..<5000).map { _ in SpanContext.random() } } }
            return await group.reduce(into: []) { $0 += $1 }
        }
        #expect(Set(made.map(\.traceID)).count == made.count)
        #expect(Set(made.map(\.spanID)).count == made.count)
        for context in made.prefix(100) {
            #expect(SpanContext(traceparent: context.traceparent) == context)
            #expect(context.traceparent.utf8.count == 55)
        }
        let small = SpanContext(traceHigh: 0, traceLow: 0xab, spanID: 1, isSampled: false)
        #expect(small.traceparent == "00-000000000000000000000000000000ab-0000000000000001-00")
        #expect(small.traceID == "000000000000000000000000000000ab")
    }

    @Test(arguments: [
        "", "00", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331",
        "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "00-00000000000000000000000000000000-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
        "00-0AF7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319cb7ad6b7169203331-01-x",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-",
    ])
    func whatIsNoTraceParentIsNone(text: String) { #expect(SpanContext(traceparent: text) == nil) }

    @Test func aSpanFollowsItsParent() throws {
        let spans = Locked<[Span]>([])
        let tracer = Tracer(ratio: 0) { span in spans.withLock { $0.append(span) } }
        let span = try #require(tracer.start("a", .server, parent: header))
        #expect(span.context.traceID == "0af7651916cd43dd8448eb211c80319c")
        #expect(span.parentID == 0xb7ad_6b71_6920_3331)
        tracer.end(span, isError: true, [("n", 1)])
        let told = try #require(spans.withLock { $0.first })
        #expect(told.isError && told.attributes.first?.0 == "n" && told.end >= told.start)
        // Not sampled: still a trace, but not told.
        let silent = try #require(tracer.start("b", .client, parent: header.dropLast(2) + "00"))
        tracer.end(silent, [("n", 2)])
        #expect(spans.withLock { $0.count } == 1)
        #expect(!silent.context.isSampled)
    }

    @Test func aPartOfNewTracesIsTold() throws {
        for (ratio, expected) in [(0.0, 0...0), (0.25, 150...350), (1.0, 1000...1000)] {
            let told = Locked(0)
            let tracer = Tracer(ratio: ratio) { _ in told.withLock { $0 += 1 } }
            for _ in 0..<1000 {
                let root = try #require(tracer.start("root", .server, parent: nil))
                let child = try #require(tracer.start("child", .producer, parent: root.context.traceparent))
                #expect(child.context.isSampled == root.context.isSampled)
                tracer.end(root)
            }
            #expect(expected.contains(told.withLock { $0 }), "\(ratio): \(told.withLock { $0 })")
        }
    }

    @Test func switchedOffThereAreNone() {
        #expect(Tracer.off.start("a", .server, parent: header) == nil)
        Tracer.off.end(nil)
    }

    @Test func theEnvironmentSaysWhereSpansGo() throws {
        func read(_ environment: [String: String]) throws -> TracingSettings? {
            try TracingSettings.fromEnvironment(environment, serviceName: "tgs-gateway")
        }
        #expect(try read([:]) == nil)
        #expect(try read(["OTEL_EXPORTER_OTLP_ENDPOINT": ""]) == nil)
        let plain = try #require(try read(["OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4318/"]))
        #expect(plain.endpoint == "http://c:4318/v1/traces")
        #expect(plain.ratio == 1)
        #expect(plain.resource.map(\.1) == ["tgs-gateway"])
        let full = try #require(
            try read([
                "OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4318", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "https://t/x",
                "OTEL_SERVICE_NAME": "mine", "OTEL_TRACES_SAMPLER_ARG": "0.25",
                "OTEL_EXPORTER_OTLP_HEADERS": "Authorization=Basic%20abc, x=y=z",
                "OTEL_RESOURCE_ATTRIBUTES": "service.name=other,deployment.environment=test",
            ]))
        #expect(full.endpoint == "https://t/x")
        #expect(full.ratio == 0.25)
        #expect(full.headers["authorization"] == "Basic abc")
        #expect(full.headers["x"] == "y=z")
        #expect(full.resource.map(\.0) == ["service.name", "deployment.environment"])
        #expect(full.resource.first?.1 == "mine")
        #expect(try read(["OTEL_EXPORTER_OTLP_ENDPOINT": "http://c", "OTEL_SDK_DISABLED": "true"]) == nil)
        for wrong in [
            ["OTEL_EXPORTER_OTLP_ENDPOINT": "collector:4318"],
            ["OTEL_EXPORTER_OTLP_ENDPOINT": "http://c", "OTEL_TRACES_SAMPLER_ARG": "2"],
            ["OTEL_EXPORTER_OTLP_ENDPOINT": "http://c", "OTEL_EXPORTER_OTLP_HEADERS": "secret"],
        ] {
            #expect {
                try read(wrong)
            } throws: { !"\($0)".contains("secret") }
        }
    }
}
