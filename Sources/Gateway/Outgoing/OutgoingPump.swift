import Concurrency
import FoundationEssentials
import JSON
import KafkaClient
import Observability
import PlatformAPI
import TelegramBotAPI
import Tracing

/// Carries records from outgoing topics to the Bot API: an actor around the pure lanes and offset trackers.
actor OutgoingPump {
    /// Makes one Bot API call.
    typealias Call = @Sendable (OutgoingEnvelope, Binding) async -> CallAnswer

    private let directory: BindingDirectory
    private let settings: GatewaySettings
    private let metrics: GatewayMetrics
    private let logger: Logger
    private let call: Call
    private let accessLog: AccessLog?
    private let tracer: Tracer
    private let limits: BotLimits
    private let letters: DeadLetterWriter
    private let results: ResultWriter
    private let clock = ContinuousClock()

    /// Partitions that are this gateway's to send from.
    private var owned: Set<TopicPartition> = []
    private var lanes: [TopicPartition: OutgoingLane] = [:]
    private var trackers: [TopicPartition: OffsetTracker] = [:]
    /// Offsets that are being called for, or written as dead letters, right now.
    private var inFlight: [TopicPartition: Set<Int64>] = [:]
    /// Partitions with records that were finished since the last commit.
    private var uncommitted: Set<TopicPartition> = []
    private var timers: [TopicPartition: Task<Void, Never>] = [:]
    private var isStopping = false

    init(
        directory: BindingDirectory, settings: GatewaySettings, metrics: GatewayMetrics, logger: Logger,
        accessLog: AccessLog? = nil, tracer: Tracer = .off, limits: BotLimits? = nil,
        call: @escaping Call, produce: @escaping DeadLetterWriter.Produce
    ) {
        self.directory = directory
        self.settings = settings
        self.metrics = metrics
        self.logger = logger
        self.call = call
        self.accessLog = accessLog
        self.tracer = tracer
        self.limits = limits ?? BotLimits(limits: settings.sendLimits)
        letters = DeadLetterWriter(metrics: metrics, logger: logger, produce: produce)
        results = ResultWriter(metrics: metrics, logger: logger, produce: produce)
    }

    // MARK: The consumer's side

    /// These partitions are this gateway's from now on; reading them begins.
    func assign(_ partitions: [TopicPartition]) {
        for partition in partitions {
            owned.insert(partition)
            trackers[partition]?.endReading(keeping: inFlight[partition] ?? [])
        }
    }

    /// Takes what the consumer read.
    func take(_ messages: [KafkaMessage]) {
        var touched: Set<TopicPartition> = []
        for message in messages {
            let item = OutgoingItem(message)
            guard trackers[item.partition, default: OffsetTracker()].take(item.offset) else {
                // Finished before its partition went and came back: that may be all there is to commit.
                uncommitted.insert(item.partition)
                continue
            }
            owned.insert(item.partition)
            touched.insert(item.partition)
            if lanes[item.partition] == nil {
                lanes[item.partition] = OutgoingLane(
                    callsAtOnce: settings.callsPerBot, limiter: limits.limiter(outgoingTopic: item.partition.topic))
            }
            lanes[item.partition]?.add(item)
        }
        for partition in touched { advance(partition) }
    }

    /// Partitions not to be read on for now: too much waits in memory, or too much is sent ahead of what can be committed
    /// (and would be sent again by a gateway that takes over).
    /// - Parameter paused: those that are not read at present; they are read again when half of it is done.
    func crowded(paused: Set<TopicPartition>) -> Set<TopicPartition> {
        owned.filter { partition in
            let divisor = paused.contains(partition) ? 2 : 1
            return (lanes[partition]?.count ?? 0) >= settings.waitingPerBot / divisor
                || (trackers[partition]?.ahead ?? 0) >= settings.sentAheadPerBot / divisor
        }
    }

    /// Stops calling for these partitions, because another gateway may have them soon. What is under way goes on: wait for
    /// it with ``waitUntilIdle(_:atMost:)``, commit, then ``release(_:)``.
    func revoke(_ partitions: [TopicPartition]) {
        for partition in partitions {
            owned.remove(partition)
            lanes[partition]?.drop()
            timers.removeValue(forKey: partition)?.cancel()
        }
    }

    /// These partitions are gone. What was finished but not committed, and what is still under way, is remembered in case
    /// they come back.
    func release(_ partitions: [TopicPartition]) {
        for partition in partitions where !owned.contains(partition) {
            let underWay = inFlight[partition] ?? []
            trackers[partition]?.endReading(keeping: underWay)
            guard underWay.isEmpty else { continue }
            lanes[partition] = nil
            // A bot that is gone may come back with new topics, whose offsets begin at 0 again.
            if directory.binding(outgoingTopic: partition.topic) == nil { trackers[partition] = nil }
        }
    }

    /// What may be committed now of these partitions. Tell ``didCommit(_:)`` or ``didNotCommit(_:)`` what came of it.
    func takeCommittable(_ partitions: Set<TopicPartition>) -> [TopicPartition: Int64] {
        let offsets = uncommitted.intersection(partitions).compactMap { partition in
            trackers[partition]?.committable.map { (partition, $0) }
        }
        uncommitted = []
        return Dictionary(uniqueKeysWithValues: offsets)
    }

    func didCommit(_ offsets: [TopicPartition: Int64]) {
        for (partition, offset) in offsets { trackers[partition]?.didCommit(offset) }
    }

    func didNotCommit(_ offsets: [TopicPartition: Int64]) { uncommitted.formUnion(offsets.keys) }

    /// Returns when nothing of these partitions is under way, when the time has passed, or when the task is cancelled.
    func waitUntilIdle(_ partitions: [TopicPartition], atMost limit: Duration) async {
        let deadline = clock.now + limit
        while partitions.contains(where: { inFlight[$0] != nil }), clock.now < deadline {
            guard await sleepUnlessCancelled(for: .milliseconds(10)) else { return }
        }
    }

    /// Bindings have changed: a bot with another token may be called for again.
    func bindingsChanged() {
        for partition in owned where lanes[partition] != nil {
            let token = directory.binding(outgoingTopic: partition.topic)?.token
            if let refused = lanes[partition]?.refusedToken, token != nil, token != refused {
                lanes[partition]?.resumeBot()
            }
            advance(partition)
        }
    }

    /// Starts nothing new, for good, and returns when what is under way has ended or the task is cancelled.
    func stop() async {
        isStopping = true
        for timer in timers.values { timer.cancel() }
        timers = [:]
        while !inFlight.isEmpty {
            guard await sleepUnlessCancelled(for: .milliseconds(10)) else { return }
        }
    }

    // MARK: One record

    private func advance(_ partition: TopicPartition) {
        timers.removeValue(forKey: partition)?.cancel()
        // Without a binding the records wait: nobody knows the token, nor where dead letters go.
        guard !isStopping, owned.contains(partition), var lane = lanes[partition],
            let binding = directory.binding(outgoingTopic: partition.topic)
        else { return }
        let (items, wakeAt) = lane.start(now: clock.now)
        lanes[partition] = lane
        for item in items { begin(item, binding) }
        guard let wakeAt else { return }
        timers[partition] = Task {
            if await sleepUnlessCancelled(for: wakeAt - clock.now) { advance(partition) }
        }
    }

    private func begin(_ item: OutgoingItem, _ binding: Binding) {
        inFlight[item.partition, default: []].insert(item.offset)
        Task {
            await work(item, binding)
            inFlight[item.partition]?.remove(item.offset)
            if inFlight[item.partition]?.isEmpty == true { inFlight[item.partition] = nil }
            advance(item.partition)
        }
    }

    private func work(_ item: OutgoingItem, _ binding: Binding) async {
        guard let envelope = item.envelope, item.problem(for: binding) == nil else {
            let problem = item.problem(for: binding) ?? ("malformed", "")
            await bury(item, problem.reason, problem.description, nil, binding)
            return
        }
        let start = clock.now
        let span = tracer.start("bot_api", .client, parent: item.traceparent)
        let answer = await call(envelope, binding)
        metrics.outgoingDuration.observe(clock.now - start)
        tracer.end(span, isError: answer.failure != nil, Self.attributes(of: item, answer, binding))
        await settle(item, answer, binding)
    }

    private func settle(_ item: OutgoingItem, _ answer: CallAnswer, _ binding: Binding) async {
        let failure = answer.failure
        let partition = item.partition
        lanes[partition]?.note(isAnswered: failure == nil || failure?.status != nil)
        let age = item.firstTry.map { clock.now - $0 } ?? .zero
        let verdict = OutgoingVerdict.of(failure, item, age: age, giveUpAfter: settings.giveUpAfter)
        switch verdict {
        case .delivered:
            metrics.outgoing.increment(["delivered"])
            accessLog?.write(
                "answer", result: "delivered", isError: false, traceparent: item.traceparent, latency: age,
                Self.fields(of: item, binding))
            metrics.bots.finished(.delivered, of: binding.botID, after: Self.delay(of: item))
            await conclude(item, .done(result: answer.result), binding)
            return
        case .deadLetter(let reason, let description):
            await bury(item, reason, description, failure, binding)
            return
        case .retry, .rewrite, .pauseBot: break
        }
        guard isOurs(item) else { return leave(item) }
        metrics.outgoingRetries.increment()
        switch verdict {
        case .retry(let delay, let isFlood):
            lanes[partition]?.retry(item, after: delay, isFlood: isFlood, now: clock.now)
        case .rewrite(let chat): lanes[partition]?.migrate(item, to: chat)
        case .pauseBot(let description):
            if let current = directory.binding(outgoingTopic: partition.topic), current.token != binding.token {
                // The token was changed while the call was under way.
                lanes[partition]?.retry(item, after: .zero, isFlood: false, now: clock.now)
                return
            }
            logger.warning(
                "the Bot API refuses the bot's token; its answers wait",
                ["bot_id": .string("\(binding.botID)"), "error": .string(description)])
            lanes[partition]?.pauseBot(
                item, token: binding.token, for: OutgoingVerdict.refusedTokenPause, now: clock.now)
        case .delivered, .deadLetter: break
        }
    }

    /// Writes a dead letter, again and again until the broker has it: the record goes nowhere else.
    private func bury(
        _ item: OutgoingItem, _ reason: String, _ description: String, _ failure: TelegramError?, _ binding: Binding
    ) async {
        let letter = DeadLetter(
            direction: "outgoing", botID: binding.botID, reason: reason, description: description,
            errorCode: failure?.status, method: item.envelope?.method, requestID: item.envelope?.requestID,
            attempts: failure == nil ? 0 : item.attempts, failedAt: Date().formatted(.iso8601), record: Data(item.value)
        )
        var backoff = Backoff(base: .milliseconds(200), maximum: .seconds(10))
        while !(await letters.write(letter, for: item, to: binding.deadLetterTopic)) {
            // Not finished, so it comes again, to this gateway or another.
            guard !isStopping, isOurs(item), await sleepUnlessCancelled(for: backoff.next()) else { return leave(item) }
        }
        metrics.bots.finished(.deadLetter, of: binding.botID, after: Self.delay(of: item))
        await conclude(
            item, .failed(reason: reason, description: description, errorCode: failure?.status), binding)
    }

    /// The call is through. Its result, where it is asked for, is durable before the record counts as finished.
    private func conclude(_ item: OutgoingItem, _ outcome: CallResult.Outcome, _ binding: Binding) async {
        guard let envelope = item.envelope, envelope.wantsResult == true else { return finish(item) }
        let result = CallResult(
            requestID: envelope.requestID, method: envelope.method, attempts: item.attempts, outcome: outcome)
        var backoff = Backoff(base: .milliseconds(200), maximum: .seconds(10))
        let first = clock.now
        while !(await results.write(result, for: item, binding)) {
            // Left now, the call would be made again, so the broker gets some time even at the end.
            guard (!isStopping && isOurs(item)) || clock.now - first < Self.resultPatience,
                await sleepUnlessCancelled(for: backoff.next())
            else { return leave(item) }
        }
        finish(item)
    }

    /// What the log tells of an answer. In a private chat the chat's number is the user's.
    private static func fields(of item: OutgoingItem, _ binding: Binding) -> [String: LogValue] {
        var all: [String: LogValue] = [
            "bot_id": .string("\(binding.botID)"), "method": .string(item.method), "attempts": .int(item.attempts),
        ]
        if let requestID = item.envelope?.requestID { all["request_id"] = .string(requestID) }
        if case .chat(let chat) = item.order, let user = Int(chat), user > 0 { all["telegram_user_id"] = .int(user) }
        return all
    }

    private static func attributes(
        of item: OutgoingItem, _ answer: CallAnswer, _ binding: Binding
    ) -> [(String, Span.Value)] {
        var all: [(String, Span.Value)] = [
            ("telegram.bot_id", .string("\(binding.botID)")), ("telegram.method", .string(item.method)),
            ("tgs.attempt", .int(Int64(item.attempts))),
            ("http.response.status_code", .int(Int64(answer.failure == nil ? 200 : answer.failure?.status ?? 0))),
        ]
        if let requestID = item.envelope?.requestID { all.append(("tgs.request_id", .string(requestID))) }
        return all
    }

    /// Since the worker's record. Clocks differ: never less than nothing.
    private static func delay(of item: OutgoingItem) -> Duration? {
        item.madeAt.map { max(.zero, .milliseconds(Int64(Date().timeIntervalSince1970 * 1000) - $0)) }
    }

    /// How long a result is still tried to be written when the gateway ends or another one is to have the partition.
    private static let resultPatience = Duration.seconds(5)

    private func finish(_ item: OutgoingItem) {
        lanes[item.partition]?.finish(item)
        trackers[item.partition]?.finish(item.offset)
        uncommitted.insert(item.partition)
    }

    private func leave(_ item: OutgoingItem) {
        lanes[item.partition]?.finish(item)
        trackers[item.partition]?.abandon(item.offset)
    }

    /// Whether the record's partition is this gateway's and reading has not begun above it.
    private func isOurs(_ item: OutgoingItem) -> Bool {
        guard owned.contains(item.partition), let tracker = trackers[item.partition] else { return false }
        return tracker.isReading && tracker.isWorking(on: item.offset)
    }
}
