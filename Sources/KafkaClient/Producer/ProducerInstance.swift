import CRdKafka
import Concurrency
import Observability

/// One librdkafka producer with the thread that serves it. A fatal error ends an instance, not the ``KafkaProducer``.
///
/// `@unchecked Sendable` is safe: all mutable state is behind `Locked`; the delivery buffer is used by the thread alone.
@safe final class ProducerInstance: @unchecked Sendable {
    private struct State {
        /// Topic handles by name: looking one up inside librdkafka walks a list.
        var topics: [String: TopicHandle] = [:]
        /// When what is still on its way is given up; `nil` while open.
        var closeBy: ContinuousClock.Instant?
        var ended: [CheckedContinuation<Void, Never>] = []
        var hasEnded = false
    }

    let client: Client
    private let state = Locked(State())
    private let clock = ContinuousClock()
    private let onBatch: @Sendable (_ delivered: Int, _ failed: Int) -> Void
    private let onFatal: @Sendable (KafkaError) -> Void
    private let reports: UnsafeMutableBufferPointer<UnsafePointer<rd_kafka_message_t>?>

    /// - Parameters:
    ///   - onBatch: called before each batch of completions with the numbers.
    ///   - onFatal: called at most once.
    init(
        _ configuration: KafkaConfiguration, _ settings: ProducerSettings, logger: Logger,
        onStatistics: (@Sendable (KafkaStatistics) -> Void)?,
        onBatch: @escaping @Sendable (_ delivered: Int, _ failed: Int) -> Void,
        onFatal: @escaping @Sendable (KafkaError) -> Void
    ) throws(KafkaError) {
        client = try Client(
            .producer, configuration, own: settings.properties, logger: logger, onStatistics: onStatistics)
        self.onBatch = onBatch
        self.onFatal = onFatal
        unsafe reports = .allocate(capacity: 1024)
        unsafe reports.initialize(repeating: nil)
        OwnThread.start("kafka-producer") { [self] in serve() }
    }

    deinit {
        for topic in state.withLock({ Array($0.topics.values) }) { unsafe rd_kafka_topic_destroy(topic.pointer) }
        unsafe reports.deallocate()
    }

    // MARK: Sending

    /// Queues a record. Throws without calling the completion; else it is called once.
    func send(
        _ record: KafkaRecord, _ completion: @escaping @Sendable (Result<KafkaDelivery, KafkaError>) -> Void
    ) throws(KafkaError) {
        let topic = try topic(record.topic)
        let headers = unsafe Self.headers(record.headers)
        let ticket = unsafe Unmanaged.passRetained(DeliveryTicket(completion))
        let partition = record.partition ?? crdkafka_partition_unassigned()
        let error = unsafe Self.withBytes(record.key) { key in
            unsafe Self.withBytes(record.value) { value in
                unsafe crdkafka_produce(
                    client.handle, topic.pointer, partition, key.baseAddress, key.count, value.baseAddress, value.count,
                    record.timestamp ?? 0, headers, ticket.toOpaque())
            }
        }
        guard error != RD_KAFKA_RESP_ERR_NO_ERROR else { return }
        unsafe ticket.release()
        if let headers = unsafe headers { unsafe rd_kafka_headers_destroy(headers) }
        throw failure(error, topic: record.topic)
    }

    private func topic(_ name: String) throws(KafkaError) -> TopicHandle {
        let topic = state.withLock { state -> TopicHandle? in
            if let topic = state.topics[name] { return topic }
            guard let pointer = unsafe rd_kafka_topic_new(client.handle, name, nil) else { return nil }
            let topic = unsafe TopicHandle(pointer: pointer)
            state.topics[name] = topic
            return topic
        }
        guard let topic else {
            throw KafkaError(.invalidArgument, "producing to topic \(name): not a possible topic name")
        }
        return topic
    }

    private static func headers(_ headers: [(String, [UInt8])]) -> OpaquePointer? {
        guard !headers.isEmpty, let list = unsafe rd_kafka_headers_new(headers.count) else { return nil }
        for (name, value) in headers {
            unsafe withBytes(value) { value in
                unsafe _ = rd_kafka_header_add(list, name, -1, value.baseAddress, value.count)
            }
        }
        return unsafe list
    }

    /// A null pointer for `nil`, and some pointer for an empty array: librdkafka tells the two apart by it.
    private static func withBytes<Result>(
        _ bytes: [UInt8]?, _ body: (UnsafeRawBufferPointer) -> Result
    ) -> Result {
        guard let bytes else { return unsafe body(UnsafeRawBufferPointer(start: nil, count: 0)) }
        guard !bytes.isEmpty else {
            var empty: UInt8 = 0
            return unsafe withUnsafeBytes(of: &empty) { unsafe body(UnsafeRawBufferPointer(rebasing: $0[..<0])) }
        }
        return unsafe bytes.withUnsafeBytes(body)
    }

    // MARK: Serving

    /// The thread: events until ``close(within:)``, then what is on its way until it is delivered or given up.
    private func serve() {
        var purged: ContinuousClock.Instant?
        var hasReportedFatal = false
        while true {
            let closeBy = state.withLock { $0.closeBy }
            let served = client.serveEvent(within: .milliseconds(closeBy == nil ? 1000 : 20)) { event in
                deliver(event)
            }
            if served, !hasReportedFatal, let error = client.fatalError {
                hasReportedFatal = true
                onFatal(error)
            }
            guard let closeBy, !served else { continue }
            let now = clock.now
            if unsafe rd_kafka_outq_len(client.handle) == 0 { break }
            if let purged {
                if now > purged + .seconds(5) { break }
            } else if now >= closeBy {
                unsafe rd_kafka_purge(client.handle, crdkafka_purge_everything())
                purged = now
            }
        }
        client.closeAnswers()
        let waiting = state.withLock { state in
            state.hasEnded = true
            defer { state.ended = [] }
            return state.ended
        }
        waiting.forEach { $0.resume() }
    }

    private func deliver(_ event: Event) {
        while true {
            let count = unsafe rd_kafka_event_message_array(event.pointer, reports.baseAddress, reports.count)
            if count == 0 { return }
            let batch = unsafe reports.prefix(count)
            let delivered = unsafe batch.count { unsafe $0?.pointee.err == RD_KAFKA_RESP_ERR_NO_ERROR }
            if delivered > 0 { client.monitor.succeeded() }
            // Before the completions, so that whoever is told finds the counts right.
            onBatch(delivered, count - delivered)
            unsafe batch.forEach { unsafe complete($0) }
        }
    }

    private func complete(_ report: UnsafePointer<rd_kafka_message_t>?) {
        guard let message = unsafe report?.pointee, let opaque = unsafe message._private else { return }
        let ticket = unsafe Unmanaged<DeliveryTicket>.fromOpaque(opaque).takeRetainedValue()
        let error = unsafe message.err
        if error == RD_KAFKA_RESP_ERR_NO_ERROR {
            ticket.completion(.success(unsafe KafkaDelivery(partition: message.partition, offset: message.offset)))
        } else {
            let topic = unsafe rd_kafka_topic_name(message.rkt).map { unsafe String(cString: $0) } ?? ""
            ticket.completion(.failure(failure(error, topic: topic)))
        }
    }

    /// What a record's error means to its sender: with a fatal error of the instance everything may be sent again,
    /// through the next instance.
    private func failure(_ error: rd_kafka_resp_err_t, topic: String) -> KafkaError {
        if client.fatalError != nil {
            return KafkaError(
                .interrupted, kafkaCode: error.rawValue,
                "producing to topic \(topic): the producer had to be renewed; send it again", isRetriable: true)
        }
        return client.monitor.explained(KafkaError(error, "producing to topic \(topic)"))
    }

    // MARK: Ending

    /// Lets the thread end once everything is delivered or `timeout` has passed; then the rest fails as interrupted.
    func close(within timeout: Duration) {
        let closeBy = clock.now + timeout
        state.withLock { $0.closeBy = min($0.closeBy ?? closeBy, closeBy) }
        client.wake()
    }

    /// Whether the thread has ended.
    var hasEnded: Bool { state.withLock { $0.hasEnded } }

    /// Waits for the thread's end.
    func waitUntilEnded() async {
        await withCheckedContinuation { continuation in
            let hasEnded = state.withLock { state in
                if !state.hasEnded { state.ended.append(continuation) }
                return state.hasEnded
            }
            if hasEnded { continuation.resume() }
        }
    }
}
