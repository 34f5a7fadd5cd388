import Concurrency
import KafkaClient
import Observability
import PlatformAPI

/// The incoming topic of one bot that asks for its updates by `getUpdates`.
///
/// The topic is read without joining the group of the bot's workers, and what the bot confirms is committed for that group:
/// so its lag is what waits for the bot, a first poll need not wait for a rebalance, and another gateway goes on where this
/// one stopped at once. See docs/decisions/polls-without-membership.md.
actor PolledUpdates {
    /// What becomes of a poll.
    enum Outcome: Sendable, Equatable {
        case updates([[UInt8]])
        /// Another poll has come for the same bot.
        case superseded
        /// Workers read the topic.
        case occupied
        /// Kafka does not answer.
        case unavailable
    }

    private let topic: String
    private let group: String
    private let configuration: KafkaConfiguration
    private let admin: KafkaAdmin
    private let logger: Logger
    private let clock = ContinuousClock()

    private var state = PollState()
    private var consumer: KafkaConsumer?
    private var partitions: [TopicPartition] = []
    private var partitionsLookedAt: ContinuousClock.Instant?
    private var current: (id: UInt64, task: Task<Outcome, Never>)?
    private var lastID: UInt64 = 0
    private var isEnding = false
    /// When the last poll ended.
    private var lastUse: ContinuousClock.Instant

    /// How often it is looked whether the topic has more partitions.
    private static let partitionsInterval = Duration.seconds(30)
    /// How long a poll that does not want to wait does: a consumer that was just made has not read yet.
    private static let shortest = Duration.milliseconds(300)
    private static let kafkaTimeout = Duration.seconds(10)
    /// How long a poll may spend on forgetting what a negative offset says is not wanted.
    private static let forgettingTime = Duration.seconds(10)

    init(_ bot: BotID, topic: String, configuration: KafkaConfiguration, admin: KafkaAdmin, logger: Logger) {
        self.topic = topic
        group = bot.workerGroup
        self.configuration = configuration
        self.admin = admin
        self.logger = logger
        lastUse = clock.now
    }

    /// Waits for updates. A poll that is under way ends, as one of Telegram's does.
    func poll(_ request: PollRequest) async -> Outcome {
        lastID += 1
        let id = lastID
        let before = current?.task
        before?.cancel()
        let task = Task {
            // The consumer has one reader at a time.
            if let before { _ = await before.value }
            return await serve(request)
        }
        current = (id, task)
        let outcome = await withTaskCancellationHandler {
            await task.value
        } onCancel: {
            task.cancel()
        }
        guard current?.id == id else { return .superseded }
        current = nil
        lastUse = clock.now
        return outcome
    }

    /// Whether nobody has polled for so long.
    func isIdle(for duration: Duration) -> Bool { current == nil && clock.now - lastUse >= duration }

    /// Ends a poll that is under way with what there is, and the reading. What was given out and not confirmed is given out
    /// again by whoever reads next.
    func end() async {
        isEnding = true
        if let current {
            current.task.cancel()
            _ = await current.task.value
        }
        await close()
    }

    private func serve(_ request: PollRequest) async -> Outcome {
        guard !Task.isCancelled, !isEnding else { return .updates([]) }
        let deadline = clock.now + max(request.timeout, Self.shortest)
        do {
            let consumer = try await reader()
            if let offset = request.offset, offset < 0 {
                try await forget(allBut: Int(clamping: -offset), consumer)
            } else if let offset = request.offset {
                state.confirm(below: offset)
            }
            try await commit(consumer)
            while state.count == 0, clock.now < deadline {
                try await read(consumer, within: deadline - clock.now)
            }
            if state.count < request.limit { try await read(consumer, within: .zero) }
            // Nobody hears the answer of a poll that was cancelled.
            guard !Task.isCancelled else { return .updates([]) }
            return .updates(state.give(limit: request.limit))
        } catch is CancellationError {
            return .updates([])
        } catch {
            logger.warning(
                "updates cannot be read for a bot that polls",
                ["topic": .string(topic), "error": .string("\(error)")])
            await close()
            return (error as? KafkaError)?.code == .groupBusy ? .occupied : .unavailable
        }
    }

    private func read(_ consumer: KafkaConsumer, within limit: Duration) async throws {
        guard state.room > 0 else { return }
        let messages = try await consumer.nextBatch(max: state.room, timeout: limit)
        let malformed = state.admit(messages)
        if malformed > 0 {
            logger.warning(
                "records of an incoming topic are no updates", ["topic": .string(topic), "count": .int(malformed)])
        }
    }

    /// The consumer, reading from where the group is. Another one when somebody else has moved the group's offsets:
    /// another gateway, which the bot has polled meanwhile.
    private func reader() async throws -> KafkaConsumer {
        try await lookAtPartitions()
        let committed = try await admin.committedOffsets(group: group, partitions)
        if let consumer, committed == state.committed { return consumer }
        await close()
        let new = try KafkaConsumer(
            configuration,
            settings: ConsumerSettings(groupID: group, maxBufferedRecords: 10_000, maxBufferedBytes: 4 << 20),
            logger: logger)
        do {
            try new.assign(Dictionary(uniqueKeysWithValues: partitions.map { ($0, committed[$0]) }))
        } catch {
            await new.close()
            throw error
        }
        consumer = new
        state = PollState(committed: committed)
        return new
    }

    private func lookAtPartitions() async throws {
        if let at = partitionsLookedAt, clock.now - at < Self.partitionsInterval { return }
        guard let found = try await admin.describeTopics([topic], timeout: Self.kafkaTimeout)[topic] ?? nil else {
            throw KafkaError(.unknownTopic, "topic \(topic) is not there")
        }
        let all = found.partitions.map { TopicPartition(topic: topic, partition: $0.id) }
        if Set(all) != Set(partitions) {
            await close()
            partitions = all
        }
        partitionsLookedAt = clock.now
    }

    private func commit(_ consumer: KafkaConsumer) async throws {
        let offsets = state.committable
        guard !offsets.isEmpty else { return }
        try await consumer.commit(offsets)
        state.didCommit(offsets)
    }

    /// Reads to the topic's end and keeps the newest.
    private func forget(allBut count: Int, _ consumer: KafkaConsumer) async throws {
        let ends = try await admin.logEndOffsets(partitions)
        let deadline = clock.now + Self.forgettingTime
        let kept = min(max(count, 1), PollRequest.most)
        while state.isBehind(ends), clock.now < deadline {
            // Room for what comes.
            state.keep(newest: min(kept, PollRequest.most / 2))
            try await read(consumer, within: .milliseconds(500))
        }
        state.keep(newest: kept)
    }

    private func close() async {
        partitionsLookedAt = nil
        state = PollState()
        guard let old = consumer else { return }
        consumer = nil
        await old.close(timeout: .seconds(5))
    }
}
