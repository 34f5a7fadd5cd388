import Concurrency
import KafkaClient
import Observability

/// A worker at work: one task that reads, many that handle.
final class WorkerService: Service {
    let name = "worker"
    let configuration: Worker.Configuration
    let logger: Logger
    let handler: Worker.Handler
    let queue = WorkQueue()
    let pauses = Pauses()
    private let counts = Locked(Worker.Statistics())

    /// While so many records wait for their turn, none are read; reading begins again at half of it.
    private var waitingLimit: Int { max(64, 4 * configuration.concurrency) }
    /// How long the reader waits for records before it looks whether the worker stops.
    private static let readingInterval = Duration.milliseconds(500)
    /// The same while reading is paused: a rebalance wants to be noticed, room in the queue as well.
    private static let pausedInterval = Duration.milliseconds(50)

    init(_ configuration: Worker.Configuration, logger: Logger, handler: @escaping Worker.Handler) {
        self.configuration = configuration
        self.logger = logger
        self.handler = handler
    }

    var statistics: Worker.Statistics { counts.withLock { $0 } }

    func count(_ change: (inout Worker.Statistics) -> Void) { counts.withLock { change(&$0) } }

    func run() async throws {
        let kafka = KafkaConfiguration(
            bootstrapServers: configuration.kafkaBrokers, clientID: configuration.consumerGroup,
            security: try configuration.kafkaLogin.security)
        let producer = try KafkaProducer(
            kafka, settings: KafkaProducer.Settings(lingerMilliseconds: 1), logger: logger)
        let outbox = Outbox(producer: producer, topic: configuration.outgoingTopic, logger: logger) { [weak self] in
            self?.count { $0.answers += 1 }
        }
        let link = ConsumerLink()
        let consumer = try KafkaConsumer(
            kafka,
            settings: KafkaConsumer.Settings(
                groupID: configuration.consumerGroup, autoOffsetReset: .earliest, sessionTimeout: .seconds(10),
                maxBufferedRecords: 10_000, maxBufferedBytes: 8 << 20),
            logger: logger,
            onRebalance: { [weak self] event in await self?.rebalance(event, link) })
        link.set(consumer)
        let orphans = OrphanWatch(
            kafka, groupID: configuration.consumerGroup, consumer: consumer, interval: .seconds(15), logger: logger)
        let watching = Task { [topic = configuration.incomingTopic] in await orphans.run { [topic] } }
        defer { watching.cancel() }
        let result = await Result {
            try consumer.subscribe([configuration.incomingTopic])
            logger.info(
                "worker starts",
                ["topic": .string(configuration.incomingTopic), "group": .string(configuration.consumerGroup)])
            try await work(consumer, outbox, orphans)
        }
        await commitFinished(consumer)
        await consumer.close()
        await producer.close()
        logger.info(
            "worker stopped",
            [
                "handled": .int(statistics.handled), "given_up": .int(statistics.givenUp),
                "malformed": .int(statistics.malformed), "answers": .int(statistics.answers),
            ])
        try result.get()
    }

    func shutdown() async {
        queue.stop()
        pauses.end()
    }

    private func work(_ consumer: KafkaConsumer, _ outbox: Outbox, _ orphans: OrphanWatch) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<max(1, configuration.concurrency) {
                group.addTask { await self.handleJobs(consumer, outbox) }
            }
            do {
                try await read(consumer, orphans)
            } catch {
                await shutdown()
                throw error
            }
        }
    }

    // MARK: Reading

    private func read(_ consumer: KafkaConsumer, _ orphans: OrphanWatch) async throws {
        var paused: Set<TopicPartition> = []
        var isFull = false
        var trouble: KafkaError?
        while !queue.isStopping {
            guard orphans.orphans.isEmpty else { throw UnreadTopic(topic: configuration.incomingTopic) }
            let waiting = queue.waitingCount
            isFull = isFull ? waiting > waitingLimit / 2 : waiting >= waitingLimit
            if isFull { pause(&paused, consumer) } else { resume(&paused, consumer) }
            do {
                let records = try await consumer.nextBatch(
                    max: isFull ? 1 : waitingLimit - waiting,
                    timeout: isFull ? Self.pausedInterval : Self.readingInterval)
                queue.admit(records)
            } catch let error as KafkaError where error.isRetriable {
                logger.warning("reading from Kafka failed", ["error": .string("\(error)")])
                _ = await pauses.sleep(for: .seconds(1))
            }
            if let now = consumer.lastError, now.code != trouble?.code {
                logger.warning("waiting for Kafka", ["error": .string("\(now)")])
            }
            trouble = consumer.lastError
        }
    }

    /// Again and again while the queue is full: partitions that a rebalance brings are not paused.
    private func pause(_ paused: inout Set<TopicPartition>, _ consumer: KafkaConsumer) {
        let partitions = consumer.assignment
        guard !partitions.isEmpty else { return }
        do {
            try consumer.pause(Array(partitions))
            paused.formUnion(partitions)
        } catch {
            // A partition that was just taken away; the next look has those that are left.
            logger.debug("pausing failed", ["error": .string("\(error)")])
        }
    }

    /// A partition may come back paused after a rebalance has taken it away: so each that was paused is resumed once it is
    /// ours, now or later.
    private func resume(_ paused: inout Set<TopicPartition>, _ consumer: KafkaConsumer) {
        let partitions = paused.intersection(consumer.assignment)
        guard !partitions.isEmpty else { return }
        do {
            try consumer.resume(Array(partitions))
            paused.subtract(partitions)
        } catch {
            logger.debug("resuming failed", ["error": .string("\(error)")])
        }
    }

    // MARK: Commits

    /// Commits what is done until nothing is left to commit. One task does so at a time; what others finish meanwhile is
    /// in its next round.
    func commitFinished(_ consumer: KafkaConsumer) async {
        while let offsets = queue.beginCommit() {
            do {
                try await consumer.commit(offsets)
                queue.endCommit(offsets, isDone: true)
            } catch {
                queue.endCommit(offsets, isDone: false)
                // In a rebalance it is no news: the partitions that stay are committed in the next round.
                let isExpected = (error as? KafkaError)?.code == .groupBusy
                let fields: [String: LogValue] = ["error": .string("\(error)")]
                if isExpected {
                    logger.debug("committing offsets failed", fields)
                } else {
                    logger.warning("committing offsets failed", fields)
                }
                guard await pauses.sleep(for: .seconds(1)) else { return }
            }
        }
    }

    // MARK: Rebalance

    /// Before partitions go to another worker, what is at work of them ends and is committed; so it is not done twice.
    private func rebalance(_ event: RebalanceEvent, _ link: ConsumerLink) async {
        switch event {
        case .assigned(let partitions):
            logger.debug("partitions assigned", ["count": .int(partitions.count)])
        case .revoked(let partitions):
            let partitions = Set(partitions)
            queue.drop(partitions)
            let clock = ContinuousClock()
            // Within the time that the consumer gives this handler.
            let deadline = clock.now + min(configuration.gracePeriod, .seconds(25))
            while !queue.isQuiet(partitions), clock.now < deadline {
                guard await sleepUnlessCancelled(for: .milliseconds(10)) else { break }
            }
            let offsets = queue.release(partitions)
            guard !offsets.isEmpty, let consumer = link.consumer else { return }
            do {
                try await consumer.commit(offsets)
            } catch {
                logger.warning("committing before a rebalance failed", ["error": .string("\(error)")])
            }
        case .lost(let partitions):
            logger.info("partitions were lost to another worker", ["count": .int(partitions.count)])
            _ = queue.release(Set(partitions))
        }
    }
}

/// The group has shared out no partition of the bot's topic: ends the worker, and the one that is started in its place
/// joins anew.
private struct UnreadTopic: Error, CustomStringConvertible {
    let topic: String

    var description: String { "no worker of the group reads \(topic): the worker must be started anew" }
}

/// The way from a consumer's rebalance handler back to the consumer, which cannot be known before it is made.
private final class ConsumerLink: Sendable {
    private struct Reference: Sendable { weak var consumer: KafkaConsumer? }

    private let reference = Locked(Reference())

    var consumer: KafkaConsumer? { reference.withLock { $0.consumer } }

    func set(_ consumer: KafkaConsumer) { reference.withLock { $0.consumer = consumer } }
}

extension Result where Success: Sendable, Failure == any Error {
    fileprivate init(_ body: () async throws -> Success) async {
        do {
            self = .success(try await body())
        } catch {
            self = .failure(error)
        }
    }
}
