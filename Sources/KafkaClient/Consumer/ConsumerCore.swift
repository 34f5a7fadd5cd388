import CRdKafka
import Concurrency
import Dispatch
import Observability
import Synchronization

/// What is behind a ``KafkaConsumer``: two threads and what they share.
///
/// The *reading* thread takes records from the consumer's queue, only while a batch is asked for, and serves rebalances
/// while it does; so a program that stops asking is expelled after the longest poll interval, as with Kafka's own client.
/// The *event* thread serves the main queue: commits' answers, logs, errors.
///
/// `@unchecked Sendable` is safe: `batch` and `topicName` are touched by the reading thread alone, `client` is
/// set before any other thread knows this object, all else is constant or behind `Locked`.
@safe final class ConsumerCore: @unchecked Sendable {
    private let state = Locked(ConsumerState())
    private let settings: ConsumerSettings
    private let onRebalance: (@Sendable (RebalanceEvent) async -> Void)?
    private let logger: Logger
    private let clock = ContinuousClock()
    private let lastID = Atomic<Int>(0)
    private let work = DispatchSemaphore(value: 0)
    private let bell: EventBell
    /// Its poll counts as the program's, so the event thread polls only when there is something.
    let client: Client
    private let records: OpaquePointer
    private var batch: [KafkaMessage] = []
    /// The last record's topic: most records have the topic of the one before.
    private var topicName: (handle: OpaquePointer?, name: String) = (nil, "")

    init(
        _ configuration: KafkaConfiguration, _ settings: ConsumerSettings, logger: Logger,
        onStatistics: (@Sendable (KafkaStatistics) -> Void)?,
        onRebalance: (@Sendable (RebalanceEvent) async -> Void)?
    ) throws(KafkaError) {
        self.settings = settings
        self.logger = logger
        self.onRebalance = onRebalance
        let callbacks = RebalanceCallbacks(bell: EventBell())
        bell = callbacks.bell
        client = try Client(
            .consumer, configuration, own: settings.properties, logger: logger, onStatistics: onStatistics,
            callbackContext: callbacks
        ) { callbacks.install(in: $0) }
        guard let records = unsafe rd_kafka_queue_get_consumer(client.handle) else {
            throw KafkaError(.invalidArgument, "Kafka consumer: group.id is empty")
        }
        unsafe self.records = records
        callbacks.set { [weak self] error, list in self?.rebalance(error, list) }
        bell.attach(to: client)
        OwnThread.start("kafka-events") { [self] in serveEvents() }
        OwnThread.start("kafka-consumer") { [self] in read() }
    }

    deinit { unsafe rd_kafka_queue_destroy(records) }

    // MARK: Asked from any thread

    func ask(_ request: BatchRequest) {
        do throws(KafkaError) {
            try state.withLock { (state) throws(KafkaError) in try state.ask(request) }
            work.signal()
        } catch {
            request.continuation.resume(throwing: error)
        }
    }

    func cancel(_ id: Int) {
        let request = state.withLock { state -> BatchRequest? in
            let request = state.cancel(id)
            if state.isCancelled { stopReading() }
            return request
        }
        request?.continuation.resume(throwing: CancellationError())
    }

    func close() {
        let isFirst = state.withLock { state -> Bool in
            if state.isReading { stopReading() }
            return state.close()
        }
        if isFirst { work.signal() }
    }

    /// Wakes the reading thread out of its waiting for records. Only while it reads, and under the lock, so that it cannot
    /// get on meanwhile: once it leaves the group the wake-up would end that halfway, and the member would stay.
    private func stopReading() { unsafe rd_kafka_queue_yield(records) }

    /// Returns when the group was left, or `timeout` has passed.
    func waitUntilClosed(atMost timeout: Duration) async {
        let id = newID()
        let timer = Task.detached { [self] in
            guard await sleepUnlessCancelled(for: timeout) else { return }
            state.withLock { $0.stopWaitingForClosed(id) }?.resume()
        }
        await withCheckedContinuation { continuation in
            if !state.withLock({ $0.waitForClosed(id, continuation) }) { continuation.resume() }
        }
        timer.cancel()
    }

    /// Names a request or another waiting caller.
    func newID() -> Int { lastID.add(1, ordering: .relaxed).newValue }

    var assignment: Set<TopicPartition> { state.withLock { $0.assignment } }

    var wasAssigned: Bool { state.withLock { $0.wasAssigned } }

    var isClosing: Bool { state.withLock { $0.isClosing } }

    func setAssignment(_ partitions: Set<TopicPartition>) { state.withLock { $0.assignment = partitions } }

    // MARK: The event thread

    private func serveEvents() {
        var isLast = false
        while !isLast {
            bell.wait(for: .seconds(1))
            // Once more after the end: the last lines of the log.
            isLast = state.withLock { $0.isClosed }
            while client.serveEvent(within: .zero) {}
        }
        client.closeAnswers()
    }

    // MARK: The reading thread

    private func read() {
        while true {
            work.wait()
            switch state.withLock({ $0.next() }) {
            case .read(let request): answer(request)
            case .nothing: break
            case .close:
                // A cooperative member without partitions closes without a word, and a change of the subscription that
                // waits for a rebalance is taken up after the end, which ends the program (both seen with librdkafka 2.0.2).
                unsafe _ = rd_kafka_unsubscribe(client.handle)
                unsafe _ = rd_kafka_consumer_close(client.handle)
                if !mayBeDestroyed { client.keepForever() }
                batch = []
                let waiting = state.withLock { $0.closed() }
                bell.ring()
                waiting.forEach { $0.resume() }
                return
            }
        }
    }

    /// Before librdkafka 2.3.0 a consumer that joins with "cooperative-sticky" must not be destroyed before it was given
    /// partitions for the first time, be it none.
    private var mayBeDestroyed: Bool {
        rd_kafka_version() >= 0x0203_00ff || wasAssigned
            || !settings.partitionAssignmentStrategy.contains("cooperative-sticky")
    }

    private func answer(_ request: BatchRequest) {
        do throws(KafkaError) {
            if let fatal = client.fatalError { throw fatal }
            try fill(max: request.max, until: request.deadline)
        } catch  where batch.isEmpty {
            finish(request, throwing: error)
            return
        } catch {
            // What was read goes out first; the next call meets the error.
        }
        let (isCancelled, isClosing) = state.withLock { ($0.isCancelled, $0.isClosing) }
        // Records that were taken must reach the caller, cancelled or not: they would not be read again.
        if batch.isEmpty && isCancelled {
            finish(request, throwing: CancellationError())
        } else if batch.isEmpty && isClosing {
            finish(request, throwing: KafkaError(.closed, "reading from Kafka: the consumer was closed"))
        } else {
            let records = batch
            batch = []
            state.withLock { $0.finishedReading() }
            request.continuation.resume(returning: records)
        }
    }

    private func finish(_ request: BatchRequest, throwing error: any Error) {
        state.withLock { $0.finishedReading() }
        request.continuation.resume(throwing: error)
    }

    /// Waits for the first record, then takes what is there.
    private func fill(max: Int, until deadline: ContinuousClock.Instant) throws(KafkaError) {
        while batch.count < max {
            if state.withLock({ $0.shallStopReading }) { return }
            // In slices, should a wake-up be missed.
            let rest = batch.isEmpty ? min(deadline - clock.now, .seconds(1)) : .zero
            let milliseconds = Int32(clamping: Swift.max(0, rest.milliseconds))
            guard let message = unsafe rd_kafka_consumer_poll(client.handle, milliseconds) else {
                if !batch.isEmpty || clock.now >= deadline { return }
                continue
            }
            defer { unsafe rd_kafka_message_destroy(message) }
            if unsafe message.pointee.err == RD_KAFKA_RESP_ERR_NO_ERROR {
                unsafe batch.append(copy(message))
            } else {
                try unsafe handle(message)
            }
        }
    }

    /// An error that arrived among the records.
    private func handle(_ message: UnsafeMutablePointer<rd_kafka_message_t>) throws(KafkaError) {
        let text = unsafe rd_kafka_message_errstr(message).map { unsafe String(cString: $0) }
        let error = unsafe KafkaError(message.pointee.err, "reading from Kafka", text: text)
        if let fatal = client.fatalError { throw fatal }
        client.monitor.report(error)
        let isRefusal = error.code == .authorization
        let isLostPosition = error.kafkaCode == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET.rawValue
        if isRefusal || isLostPosition { throw error }
    }

    private func copy(_ message: UnsafeMutablePointer<rd_kafka_message_t>) -> KafkaMessage {
        let topic = unsafe message.pointee.rkt
        if unsafe topicName.handle != topic {
            unsafe topicName = (topic, rd_kafka_topic_name(topic).map { unsafe String(cString: $0) } ?? "")
        }
        var type = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE
        let timestamp = unsafe rd_kafka_message_timestamp(message, &type)
        return unsafe KafkaMessage(
            topic: topicName.name, partition: message.pointee.partition, offset: message.pointee.offset,
            key: Self.bytes(message.pointee.key, message.pointee.key_len),
            value: Self.bytes(message.pointee.payload, message.pointee.len), headers: Self.headers(message),
            timestamp: timestamp)
    }

    private static func bytes(_ start: UnsafeRawPointer?, _ count: Int) -> [UInt8]? {
        guard let start = unsafe start else { return nil }
        return unsafe Array(UnsafeRawBufferPointer(start: start, count: count))
    }

    private static func headers(_ message: UnsafeMutablePointer<rd_kafka_message_t>) -> [(String, [UInt8])] {
        var list: OpaquePointer?
        guard unsafe rd_kafka_message_headers(message, &list) == RD_KAFKA_RESP_ERR_NO_ERROR, let list = unsafe list
        else { return [] }
        var headers: [(String, [UInt8])] = []
        var name: UnsafePointer<CChar>?
        var value: UnsafeRawPointer?
        var size = 0
        var index = 0
        while unsafe rd_kafka_header_get_all(list, index, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR {
            if let name = unsafe name { unsafe headers.append((String(cString: name), bytes(value, size) ?? [])) }
            index += 1
        }
        return headers
    }

    // MARK: Rebalance, on the reading thread

    private func rebalance(_ error: rd_kafka_resp_err_t, _ list: RebalanceCallbacks.Partitions) {
        let partitions = list.names
        let isCooperative = unsafe rd_kafka_rebalance_protocol(client.handle).map {
            unsafe String(cString: $0) == "COOPERATIVE"
        }
        switch error {
        case RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS:
            unsafe apply(list.pointer, isCooperative == true, rd_kafka_incremental_assign)
            state.withLock {
                $0.assignment = isCooperative == true ? $0.assignment.union(partitions) : Set(partitions)
                $0.wasAssigned = true
            }
            if !partitions.isEmpty { tell(.assigned(partitions)) }
        case RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS:
            let isLost = unsafe rd_kafka_assignment_lost(client.handle) != 0
            let gone = Set(partitions)
            // Whoever owns them next reads these again.
            batch.removeAll { gone.contains($0.topicPartition) }
            if !partitions.isEmpty { tell(isLost ? .lost(partitions) : .revoked(partitions)) }
            state.withLock { $0.assignment.subtract(partitions) }
            if isCooperative == true {
                unsafe apply(list.pointer, true, rd_kafka_incremental_unassign)
            } else {
                unsafe _ = rd_kafka_assign(client.handle, nil)
            }
        default:
            client.monitor.report(KafkaError(error, "rebalance of group \(settings.groupID)"))
            unsafe _ = rd_kafka_assign(client.handle, nil)
            state.withLock { $0.assignment = [] }
        }
    }

    private func apply(
        _ list: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>?, _ isCooperative: Bool,
        _ incremental: (OpaquePointer?, UnsafePointer<rd_kafka_topic_partition_list_t>?) -> OpaquePointer?
    ) {
        if isCooperative {
            guard let error = unsafe incremental(client.handle, list) else { return }
            client.monitor.report(unsafe KafkaError(rd_kafka_error_code(error), "rebalance"))
            unsafe rd_kafka_error_destroy(error)
        } else {
            let error = unsafe rd_kafka_assign(client.handle, list)
            if error != RD_KAFKA_RESP_ERR_NO_ERROR { client.monitor.report(KafkaError(error, "rebalance")) }
        }
    }

    /// Runs the handler to its end, but not for longer than the settings allow; this thread may wait.
    private func tell(_ event: RebalanceEvent) {
        guard let onRebalance else { return }
        let done = DispatchSemaphore(value: 0)
        Task.detached {
            await onRebalance(event)
            done.signal()
        }
        if done.wait(timeout: .now() + settings.rebalanceTimeout.seconds) == .timedOut {
            logger.info("a rebalance went on without its handler", ["group": .string(settings.groupID)])
        }
    }
}
