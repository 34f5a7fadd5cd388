import Concurrency

/// The worker that a reconcile has. While the reconcile waits for others than the API server (Telegram, a broker), which may
/// take as long as they like, the worker is given to another one: however many hang, they keep nobody from being worked on.
///
/// Only such waiting counts, not the time of a reconcile as a whole: when the API server is what is slow, more reconciles at
/// the same time would make it slower.
package final class WorkerSlot: Sendable {
    /// That of the reconcile which this task is of; `nil` outside of controllers.
    @TaskLocal static var current: WorkerSlot?

    private enum State { case held, lent, over }

    private let state = Locked(State.held)
    private let patience: Duration
    private let clock: RuntimeClock
    private let reserve: @Sendable () -> Bool
    private let settle: @Sendable (_ isLent: Bool) -> Void

    /// - Parameters:
    ///   - patience: how long a reconcile keeps its worker while it waits.
    ///   - reserve: whether one more may wait without a worker.
    ///   - settle: follows on a `true` of `reserve`: lets another worker begin, or, when the reconcile has ended meanwhile,
    ///     takes the reservation back.
    init(
        patience: Duration, clock: RuntimeClock, reserve: @escaping @Sendable () -> Bool,
        settle: @escaping @Sendable (_ isLent: Bool) -> Void
    ) {
        self.patience = patience
        self.clock = clock
        self.reserve = reserve
        self.settle = settle
    }

    /// Runs `body`, which waits for others than the API server. Does nothing else outside of controllers.
    package static func waiting<Result>(_ body: () async throws -> Result) async rethrows -> Result {
        guard let slot = current, slot.isHeld else { return try await body() }
        let timer = Task {
            if await slot.clock.sleepUnlessCancelled(for: slot.patience) { slot.lend() }
        }
        defer { timer.cancel() }
        return try await body()
    }

    private var isHeld: Bool { state.withLock { $0 == .held } }

    private func lend() {
        guard isHeld, reserve() else { return }
        let isLent = state.withLock { state in
            guard state == .held else { return false }
            state = .lent
            return true
        }
        settle(isLent)
    }

    /// The reconcile has ended. Answers whether another worker has taken its place.
    func end() -> Bool {
        state.withLock { state in
            defer { state = .over }
            return state == .lent
        }
    }
}
