import Concurrency
import ControllerRuntime
import KubernetesTypes
import Observability
import Testing

@Suite struct EventRecorderTests {
    /// Keeps events in memory.
    private final class Writer: EventWriter {
        struct Refused: Error {}

        private let events = Locked<[ObjectKey: Event]>([:])
        private let failures = Locked(0)
        private let block: StopSignal?

        init(block: StopSignal? = nil) { self.block = block }

        var all: [Event] { events.withLock { Array($0.values) } }
        func failNext(_ count: Int) { failures.withLock { $0 = count } }
        func forgetAll() { events.withLock { $0.removeAll() } }

        func create(_ event: Event) async throws {
            await block?.wait()
            let fails = failures.withLock { failures in
                failures -= 1
                return failures >= 0
            }
            if fails { throw Refused() }
            events.withLock { $0[event.key] = event }
        }

        func update(_ key: ObjectKey, _ series: Event.Series) async throws -> Bool {
            events.withLock { events in
                guard events[key] != nil else { return false }
                events[key]?.series = series
                return true
            }
        }
    }

    private let clock = ManualClock()
    private let metrics = MetricsRegistry()
    private let thing = ObjectReference(
        apiVersion: "v1", kind: "Thing", namespace: "n", name: "a", uid: "u", resourceVersion: "1")

    private func recorder(_ writer: Writer, _ change: (inout EventSettings) -> Void = { _ in }) -> EventRecorder {
        var settings = EventSettings()
        change(&settings)
        return EventRecorder(
            writer, controller: "example.io/test", instance: "pod-1", settings: settings, logger: .silent,
            metrics: metrics, clock: clock.runtimeClock)
    }

    @Test func repeatsBecomeOneEventWithACount() async throws {
        let writer = Writer()
        let recorder = recorder(writer)
        let run = Task { try await recorder.run() }
        for number in 0..<5 {
            recorder.record(
                regarding: thing, type: .warning, reason: "Failed", action: "Reconcile", note: "failure \(number)")
        }
        try await eventually("the first was written and the repeats are due later") {
            writer.all.count == 1 && clock.sleeping == [.seconds(30)]
        }
        let first = try #require(writer.all.first)
        #expect(first.series == nil)
        #expect(first.note == "failure 0")
        #expect(first.eventTime == "2023-11-14T22:13:20.000000Z")
        #expect(first.metadata.namespace == "n")
        #expect(first.metadata.name?.hasPrefix("a.") == true)
        #expect(first.regarding?.resourceVersion == "1")
        clock.advance(by: .seconds(30))
        try await eventually("the count was written") { writer.all.first?.series?.count == 5 }
        await recorder.shutdown()
        try await run.value
        #expect(writer.all.count == 1)
    }

    @Test func anEventThatTheServerForgotIsMadeAgain() async throws {
        let writer = Writer()
        let recorder = recorder(writer)
        let run = Task { try await recorder.run() }
        recorder.record(regarding: thing, reason: "R", action: "A", note: "n")
        try await eventually("it was written") { writer.all.count == 1 }
        writer.forgetAll()
        recorder.record(regarding: thing, reason: "R", action: "A", note: "n")
        try await eventually("the repeat is due later") { clock.sleeping == [.seconds(30)] }
        clock.advance(by: .seconds(30))
        try await eventually("it was made again with its count") { writer.all.first?.series?.count == 2 }
        await recorder.shutdown()
        try await run.value
    }

    @Test func recordingNeverWaitsAndDropsTheOldest() async throws {
        let release = StopSignal()
        let writer = Writer(block: release)
        let recorder = recorder(writer) {
            $0.maximumWaiting = 10
            $0.burstPerObject = 10_000
        }
        let run = Task { try await recorder.run() }
        for number in 0..<1_000 {
            recorder.record(regarding: thing, reason: "R\(number)", action: "A", note: "n")
        }
        release.set()
        try await eventually("the newest was written") { writer.all.contains { $0.reason == "R999" } }
        #expect(writer.all.count < 1_000)
        #expect(metrics.counter("events_dropped_total", help: "", labels: ["reason"]).value(["queue full"]) > 0)
        await recorder.shutdown()
        try await run.value
    }

    @Test func failuresAreTriedAgainAFewTimes() async throws {
        let writer = Writer()
        writer.failNext(2)
        let recorder = recorder(writer)
        let run = Task { try await recorder.run() }
        recorder.record(regarding: thing, reason: "R", action: "A", note: "n")
        for _ in 0..<2 {
            try await eventually("a pause begins") { clock.sleeping.count == 1 }
            clock.advance(by: .seconds(5))
        }
        try await eventually("it was written") { writer.all.count == 1 }
        await recorder.shutdown()
        try await run.value
    }

    @Test func textsAreCutToWhatTheAPITakesAndTokensAreMasked() async throws {
        let writer = Writer()
        let recorder = recorder(writer)
        let run = Task { try await recorder.run() }
        recorder.record(
            regarding: thing, reason: String(repeating: "R", count: 200), action: "A",
            note: String(repeating: "ж", count: 2_000))
        try await eventually("it was written") { writer.all.count == 1 }
        let event = try #require(writer.all.first)
        #expect(event.reason?.utf8.count == 128)
        #expect(event.note?.utf8.count == 1024)
        await recorder.shutdown()
        try await run.value
    }

    @Test func theEndWritesTheCounts() async throws {
        let writer = Writer()
        let recorder = recorder(writer)
        let run = Task { try await recorder.run() }
        recorder.record(regarding: thing, reason: "R", action: "A", note: "n")
        recorder.record(regarding: thing, reason: "R", action: "A", note: "n")
        await recorder.shutdown()
        try await run.value
        #expect(writer.all.first?.series?.count == 2)
    }
}
