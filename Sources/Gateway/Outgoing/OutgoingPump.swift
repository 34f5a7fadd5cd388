import Concurrency
import FoundationEssentials
import JSON
import KafkaClient
import Observability
import PlatformAPI
import TelegramBotAPI

/// Carries records from outgoing topics to the Bot API: an actor around the pure lanes and offset trackers.
actor OutgoingPump {
    /// Makes one Bot API call; answers what went wrong.
    typealias Call = @Sendable (OutgoingEnvelope, Binding) async -> TelegramError?
    /// Puts a record on a topic and returns when the broker has acknowledged it.
    typealias Produce = @Sendable (KafkaRecord) async throws -> Void

    private let directory: BindingDirectory
    private let settings: GatewaySettings
    private let metrics: GatewayMetrics
    private let logger: Logger
    private let call: Call
    private let produce: Produce
    private let clock = ContinuousClock()

    private var lanes: [TopicPartition: OutgoingLane] = [:]
    private var trackers: [TopicPartition: OffsetTracker] = [:]
    private var timers: [TopicPartition: Task<Void, Never>] = [:]
    private var working = 0
    private var isStopping = false
    private var idleWaiters: [CheckedContinuation<Void, Never>] = []

    init(
        directory: BindingDirectory, settings: GatewaySettings, metrics: GatewayMetrics, logger: Logger,
        call: @escaping Call, produce: @escaping Produce
    ) {
        self.directory = directory
        self.settings = settings
        self.metrics = metrics
        self.logger = logger
        self.call = call
        self.produce = produce
    }

    /// Takes what the consumer read.
    func take(_ messages: [KafkaMessage]) {
        var touched: Set<TopicPartition> = []
        for message in messages {
            let partition = TopicPartition(topic: message.topic, partition: message.partition)
            guard trackers[partition, default: OffsetTracker()].take(message.offset) else { continue }
            touched.insert(partition)
            let value = message.value ?? []
            if let envelope = Self.decode(value), let binding = directory.binding(outgoingTopic: message.topic) {
                var envelope = envelope
                if let token = envelope.botToken, token != binding.token {
                    bury(partition, message.offset, value, "wrong_token", "bot_token is not this bot's token", nil)
                    continue
                }
                envelope.botToken = nil
                lanes[partition, default: OutgoingLane(callsAtOnce: settings.callsPerBot)].add(
                    OutgoingItem(partition: partition, offset: message.offset, envelope: envelope, value: value))
            } else {
                bury(
                    partition, message.offset, value, "malformed",
                    #"the record is not {"method": "…", "params": {…}}"#, nil)
            }
        }
        for partition in touched { advance(partition) }
    }

    /// Partitions that have more waiting than memory should hold, to be paused; the others may be read.
    func isFull(_ partition: TopicPartition) -> Bool {
        (lanes[partition]?.count ?? 0) >= settings.waitingPerBot
    }

    var fullPartitions: Set<TopicPartition> { Set(lanes.keys.filter(isFull)) }

    /// Another gateway may have the partition now: what waits is left to it, what is under way is finished.
    func revoke(_ partitions: [TopicPartition]) {
        for partition in partitions {
            for item in lanes[partition]?.drop() ?? [] { trackers[partition]?.abandon(item.offset) }
            timers.removeValue(forKey: partition)?.cancel()
        }
    }

    /// What may be committed now.
    var committable: [TopicPartition: Int64] { trackers.compactMapValues(\.committable) }

    func didCommit(_ offsets: [TopicPartition: Int64]) {
        for (partition, offset) in offsets { trackers[partition]?.didCommit(offset) }
    }

    /// Starts nothing new and returns when the calls under way have ended.
    func stop() async {
        isStopping = true
        for timer in timers.values { timer.cancel() }
        guard working > 0 else { return }
        await withCheckedContinuation { idleWaiters.append($0) }
    }

    // MARK: One record

    private func advance(_ partition: TopicPartition) {
        guard !isStopping, var lane = lanes[partition] else { return }
        guard let binding = directory.binding(outgoingTopic: partition.topic) else { return }
        let (items, wakeAt) = lane.start(now: clock.now)
        lanes[partition] = lane
        for item in items { begin(item, binding) }
        timers.removeValue(forKey: partition)?.cancel()
        if let wakeAt {
            timers[partition] = Task {
                if await sleepUnlessCancelled(for: wakeAt - clock.now) { advance(partition) }
            }
        }
    }

    private func begin(_ item: OutgoingItem, _ binding: Binding) {
        working += 1
        Task {
            let start = clock.now
            let failure = await call(item.envelope, binding)
            metrics.outgoingDuration.observe(clock.now - start)
            await settle(item, failure, binding)
            working -= 1
            if working == 0 {
                for waiter in idleWaiters { waiter.resume() }
                idleWaiters = []
            }
        }
    }

    private func settle(_ item: OutgoingItem, _ failure: TelegramError?, _ binding: Binding) async {
        let age = item.firstTry.map { clock.now - $0 } ?? .zero
        let verdict = OutgoingVerdict.of(failure, item, age: age, giveUpAfter: settings.giveUpAfter)
        let partition = item.partition
        switch verdict {
        case .delivered:
            metrics.outgoing.increment(["delivered"])
            lanes[partition]?.finish(item)
            trackers[partition]?.finish(item.offset)
        case .retry(let delay, let isFlood):
            metrics.outgoingRetries.increment()
            lanes[partition]?.retry(item, replacing: item.chat, after: delay, isFlood: isFlood, now: clock.now)
        case .rewrite(let chat):
            var moved = item
            moved.wasRewritten = true
            if case .object(var members) = moved.envelope.params {
                members["chat_id"] = .int(chat)
                moved.envelope.params = .object(members)
            }
            lanes[partition]?.retry(moved, replacing: item.chat, after: .zero, isFlood: false, now: clock.now)
        case .pauseBot(let description):
            logger.warning(
                "the Bot API refuses the bot's token; its answers wait",
                ["bot_id": .string("\(binding.botID)"), "error": .string(description)])
            lanes[partition]?.pauseBot(for: OutgoingVerdict.refusedTokenPause, now: clock.now)
            lanes[partition]?.retry(item, replacing: item.chat, after: .zero, isFlood: false, now: clock.now)
        case .deadLetter(let reason, let description):
            let letter = letter(item, reason, description, failure, binding)
            guard await write(letter, to: binding.deadLetterTopic) else {
                // Stopping: the record is not finished and comes again.
                lanes[partition]?.finish(item)
                trackers[partition]?.abandon(item.offset)
                return
            }
            lanes[partition]?.finish(item)
            trackers[partition]?.finish(item.offset)
        }
        advance(partition)
    }

    // MARK: Dead letters

    /// A record that cannot even be called for.
    private func bury(
        _ partition: TopicPartition, _ offset: Int64, _ value: [UInt8], _ reason: String, _ description: String,
        _ method: String?
    ) {
        guard let binding = directory.binding(outgoingTopic: partition.topic) else {
            trackers[partition]?.abandon(offset)
            return
        }
        let letter = DeadLetter(
            direction: "outgoing", botID: binding.botID, reason: reason, description: description, method: method,
            attempts: 0, failedAt: Date().formatted(.iso8601), record: Data(value))
        working += 1
        Task {
            if await write(letter, to: binding.deadLetterTopic) {
                trackers[partition]?.finish(offset)
            } else {
                trackers[partition]?.abandon(offset)
            }
            working -= 1
            if working == 0 {
                for waiter in idleWaiters { waiter.resume() }
                idleWaiters = []
            }
        }
    }

    private func letter(
        _ item: OutgoingItem, _ reason: String, _ description: String, _ failure: TelegramError?, _ binding: Binding
    ) -> DeadLetter {
        DeadLetter(
            direction: "outgoing", botID: binding.botID, reason: reason, description: description,
            errorCode: failure?.status, method: item.envelope.method, requestID: item.envelope.requestID,
            attempts: item.attempts, failedAt: Date().formatted(.iso8601), record: Data(item.value))
    }

    /// Writes a dead letter, again and again until the broker has it: a record goes nowhere else.
    /// - Returns: `false` when the gateway was stopped before.
    private func write(_ letter: DeadLetter, to topic: String) async -> Bool {
        var backoff = Backoff(base: .milliseconds(200), maximum: .seconds(10))
        while !isStopping {
            do {
                let value = Array(try JSONEncoder().encode(letter))
                try await produce(KafkaRecord(topic: topic, key: nil, value: value, headers: []))
                metrics.outgoing.increment(["dead_letter"])
                logger.warning(
                    "an answer could not be delivered",
                    [
                        "bot_id": .string(letter.botID), "reason": .string(letter.reason),
                        "method": .string(letter.method ?? ""), "error": .string(letter.description),
                    ])
                return true
            } catch {
                guard await sleepUnlessCancelled(for: backoff.next()) else { return false }
            }
        }
        return false
    }

    private static func decode(_ value: [UInt8]) -> OutgoingEnvelope? {
        guard
            case .success(let envelope) = Result(catching: {
                try JSONDecoder().decode(OutgoingEnvelope.self, from: Data(value))
            }), envelope.params.objectValue != nil, !envelope.method.isEmpty,
            envelope.method.utf8.allSatisfy({ ($0 | 0x20 >= 0x61 && $0 | 0x20 <= 0x7a) || ($0 >= 0x30 && $0 <= 0x39) })
        else { return nil }
        return envelope
    }
}
