import Concurrency
import Observability
import Synchronization

/// What is behind a ``KafkaProducer``: the present instance and its successors.
final class ProducerCore: Sendable {
    private enum Phase {
        case new
        case open(ProducerInstance)
        /// An instance died and none could be made yet.
        case broken(KafkaError)
        case closed
    }

    private struct State {
        var phase = Phase.new
        /// Instances that still deliver or give up what they have.
        var ending: [ProducerInstance] = []
    }

    /// Records that wait for their acknowledgement.
    let outstanding = Atomic<Int>(0)
    private let configuration: KafkaConfiguration
    private let settings: ProducerSettings
    private let logger: Logger
    private let records: Counter?
    private let onStatistics: (@Sendable (KafkaStatistics) -> Void)?
    private let state = Locked(State())

    init(
        _ configuration: KafkaConfiguration, _ settings: ProducerSettings, logger: Logger, metrics: MetricsRegistry?,
        onStatistics: (@Sendable (KafkaStatistics) -> Void)?
    ) {
        self.configuration = configuration
        self.settings = settings
        self.logger = logger
        self.onStatistics = onStatistics
        records = metrics?.counter(
            "kafka_producer_records_total", help: "Records by what became of them.", labels: ["result"])
    }

    /// Makes the first instance.
    func start() throws(KafkaError) {
        let instance = try makeInstance()
        state.withLock { $0.phase = .open(instance) }
    }

    /// The present instance.
    var instance: ProducerInstance? {
        state.withLock { state in
            if case .open(let instance) = state.phase { instance } else { nil }
        }
    }

    func send(
        _ record: KafkaRecord, _ completion: @escaping @Sendable (Result<KafkaDelivery, KafkaError>) -> Void
    ) throws(KafkaError) {
        let instance = try open(record.topic)
        outstanding.add(1, ordering: .relaxed)
        do throws(KafkaError) {
            try instance.send(record, completion)
        } catch {
            outstanding.subtract(1, ordering: .relaxed)
            throw error
        }
    }

    private func open(_ topic: String) throws(KafkaError) -> ProducerInstance {
        let phase = state.withLock { $0.phase }
        switch phase {
        case .open(let instance): return instance
        case .broken(let error): throw error
        case .new, .closed: throw KafkaError(.closed, "producing to topic \(topic): the producer is closed")
        }
    }

    private func makeInstance() throws(KafkaError) -> ProducerInstance {
        try ProducerInstance(
            configuration, settings, logger: logger, onStatistics: onStatistics,
            onBatch: { [weak self] delivered, failed in self?.count(delivered: delivered, failed: failed) },
            onFatal: { [weak self] error in self?.renew(after: error) })
    }

    private func count(delivered: Int, failed: Int) {
        outstanding.subtract(delivered + failed, ordering: .relaxed)
        if delivered > 0 { records?.increment(by: Double(delivered), ["acknowledged"]) }
        if failed > 0 { records?.increment(by: Double(failed), ["failed"]) }
    }

    /// Called by the dying instance's thread.
    private func renew(after error: KafkaError) {
        logger.info("renewing the Kafka producer", ["error": .string(error.description)])
        let next: Phase
        do throws(KafkaError) {
            next = .open(try makeInstance())
        } catch {
            next = .broken(error)
        }
        let old = state.withLock { state -> ProducerInstance? in
            guard case .open(let old) = state.phase else { return nil }
            state.phase = next
            state.ending.append(old)
            return old
        }
        if let old {
            old.close(within: .zero)
        } else if case .open(let unused) = next {
            // Closed in the meantime.
            unused.close(within: .zero)
        }
        state.withLock { state in state.ending.removeAll { $0.hasEnded } }
    }

    /// Takes nothing more; the instances end by themselves.
    func close(within timeout: Duration) {
        let instance = state.withLock { state -> ProducerInstance? in
            guard case .open(let instance) = state.phase else {
                state.phase = .closed
                return nil
            }
            state.phase = .closed
            state.ending.append(instance)
            return instance
        }
        instance?.close(within: timeout)
    }

    /// Waits for the threads of all instances.
    func waitUntilEnded() async {
        for instance in state.withLock({ $0.ending }) { await instance.waitUntilEnded() }
    }
}
