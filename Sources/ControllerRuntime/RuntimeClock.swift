package import FoundationEssentials

/// The time as the runtime's decisions see it, given from outside so that tests need not wait.
package struct RuntimeClock: Sendable {
    /// Monotonic: the time since some fixed moment of this process. Differences only.
    package let now: @Sendable () -> Duration
    /// Waits; throws `CancellationError` when the task is cancelled.
    package let sleep: @Sendable (Duration) async throws -> Void
    /// The wall clock, for timestamps that others read.
    package let date: @Sendable () -> Date

    package init(
        now: @escaping @Sendable () -> Duration, sleep: @escaping @Sendable (Duration) async throws -> Void,
        date: @escaping @Sendable () -> Date = { Date() }
    ) {
        self.now = now
        self.sleep = sleep
        self.date = date
    }

    /// A clock of the standard library.
    package init<C: Clock>(_ clock: C, date: @escaping @Sendable () -> Date = { Date() })
    where C.Duration == Duration, C.Instant: Sendable {
        let origin = clock.now
        self.init(
            now: { origin.duration(to: clock.now) },
            sleep: { try await clock.sleep(until: clock.now.advanced(by: $0), tolerance: nil) }, date: date)
    }

    /// The system's clock, which goes on while the machine sleeps.
    package static let continuous = RuntimeClock(ContinuousClock())

    /// Sleeps, and answers whether the time passed (`true`) or the task was cancelled (`false`).
    func sleepUnlessCancelled(for duration: Duration) async -> Bool {
        do {
            try await sleep(duration)
            return true
        } catch {
            return false
        }
    }
}
