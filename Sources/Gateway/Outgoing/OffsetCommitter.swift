import Concurrency
import KafkaClient
import Observability

/// Commits what the pump has finished, without holding up the reading: a broker that is away keeps a commit waiting.
final class OffsetCommitter: Sendable {
    private struct State: Sendable {
        var consumer: KafkaConsumer?
        var running: Task<Void, Never>?
    }

    private let pump: OutgoingPump
    private let logger: Logger
    private let state = Locked(State())

    init(pump: OutgoingPump, logger: Logger) {
        self.pump = pump
        self.logger = logger
    }

    /// The consumer to commit with; it is made after its own rebalance handler, which commits too.
    func attach(_ consumer: KafkaConsumer) { state.withLock { $0.consumer = consumer } }

    /// Lets go of the consumer.
    func detach() { state.withLock { $0.consumer = nil } }

    /// Begins to commit what is finished, unless that is under way already.
    func start() {
        state.withLock { state in
            guard state.running == nil else { return }
            state.running = Task {
                await self.commit()
                self.state.withLock { $0.running = nil }
            }
        }
    }

    /// Commits what is finished by now and returns when that is done, when the time has passed, or when the task is
    /// cancelled.
    func flush(atMost limit: Duration) async {
        let running = state.withLock { $0.running }
        await ended(
            Task {
                // In this order: an older commit must not arrive after a newer one.
                await running?.value
                await self.commit()
            }, atMost: limit)
    }

    /// A failure is no harm: what was finished is remembered and committed with the next.
    private func commit() async {
        guard let consumer = state.withLock({ $0.consumer }) else { return }
        let ours = consumer.assignment
        let offsets = await pump.takeCommittable(ours)
        guard !offsets.isEmpty else { return }
        do {
            try await consumer.commit(offsets)
            await pump.didCommit(offsets)
        } catch {
            await pump.didNotCommit(offsets)
            logger.debug("committing offsets failed", ["error": .string("\(error)")])
        }
    }

    /// `Task.value` cannot be given up on; this can.
    private func ended(_ task: Task<Void, Never>, atMost limit: Duration) async {
        let (ends, end) = AsyncStream.makeStream(of: Void.self)
        Task {
            await task.value
            end.finish()
        }
        let timer = Task {
            if await sleepUnlessCancelled(for: limit) { end.finish() }
        }
        for await _ in ends {}
        timer.cancel()
    }
}
