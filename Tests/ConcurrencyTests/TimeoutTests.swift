import Concurrency
import Testing

@Suite struct TimeoutTests {
    @Test func whatIsInTimeIsReturned() async throws {
        let value = try await withTimeout(.seconds(60), "a number") { 7 }
        #expect(value == 7)
        let nothing: Int? = try await withTimeout(.seconds(60), "nothing") { nil }
        #expect(nothing == nil)
    }

    @Test func whatIsNotIsCancelledAndNamed() async throws {
        let wasCancelled = Locked(false)
        let error = await #expect(throws: TimeoutError.self) {
            try await withTimeout(.milliseconds(20), "the broker's acknowledgement") {
                let slept = await sleepUnlessCancelled(for: .seconds(600))
                wasCancelled.withLock { $0 = !slept }
            }
        }
        #expect(wasCancelled.withLock { $0 })
        #expect(error?.operation == "the broker's acknowledgement")
        #expect(error?.description == "timed out after 0.02 seconds waiting for the broker's acknowledgement")
    }

    @Test func errorsPassThrough() async {
        struct Broken: Error {}
        await #expect(throws: Broken.self) {
            try await withTimeout(.seconds(60), "x") { throw Broken() }
        }
    }

    @Test func cancellationFromOutsideIsNoTimeout() async {
        let task = Task {
            try await withTimeout(.seconds(600), "x") { try await Task.sleep(for: .seconds(600)) }
        }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
    }

    @Test func sleepTellsWhetherItWasCancelled() async {
        #expect(await sleepUnlessCancelled(for: .milliseconds(1)))
        let task = Task { await sleepUnlessCancelled(for: .seconds(600)) }
        task.cancel()
        #expect(await !task.value)
    }

    @Test func durationsConvert() {
        #expect(Duration.milliseconds(1500).seconds == 1.5)
        #expect(Duration.milliseconds(-1500).seconds == -1.5)
        #expect(Duration.microseconds(1999).milliseconds == 1)
        #expect(Duration.seconds(-2).milliseconds == -2000)
        #expect(Duration.microseconds(-1999).milliseconds == -1)
        #expect(Duration.seconds(Int64.max).milliseconds == .max)
        #expect(Duration.seconds(Int64.min).milliseconds == .min)
    }
}
