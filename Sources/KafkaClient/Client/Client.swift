import CRdKafka
import Concurrency
import Observability
import Synchronization

/// One librdkafka instance, its main queue, and the operations whose answers come through that queue.
///
/// `@unchecked Sendable` is safe: the two pointers never change, librdkafka's functions may be called from any thread, and
/// the instance is destroyed only after the last reference to this object is gone.
@safe final class Client: @unchecked Sendable {
    /// What an instance is made for; librdkafka's distinction.
    enum Kind { case producer, consumer }

    /// The instance (`rd_kafka_t`).
    let handle: OpaquePointer
    /// Its main queue (`rd_kafka_queue_t`): events, logs, answers.
    let queue: OpaquePointer
    let monitor: ClientMonitor
    private let pending = Locked(PendingAnswers())
    private let onStatistics: (@Sendable (KafkaStatistics) -> Void)?
    /// What librdkafka holds an unretained reference to (its opaque); it must outlive the instance.
    private let callbackContext: AnyObject?
    private let isKept = Atomic(false)

    /// - Parameters:
    ///   - own: properties that the kind of client wants.
    ///   - setUp: sets callbacks on the `rd_kafka_conf_t`.
    ///   - callbackContext: what those callbacks use.
    init(
        _ kind: Kind, _ configuration: KafkaConfiguration, own: [(String, String)], logger: Logger,
        onStatistics: (@Sendable (KafkaStatistics) -> Void)? = nil, callbackContext: AnyObject? = nil,
        setUp: (ClientSetup) -> Void = { _ in }
    ) throws(KafkaError) {
        let properties = try configuration.resolved(own: own + [("log.queue", "true")])
        monitor = ClientMonitor(logger: logger)
        self.onStatistics = onStatistics
        self.callbackContext = callbackContext
        let conf = try unsafe Self.makeConfiguration(properties)
        setUp(unsafe ClientSetup(conf: conf))
        unsafe rd_kafka_conf_set_events(
            conf, RD_KAFKA_EVENT_DR | RD_KAFKA_EVENT_LOG | RD_KAFKA_EVENT_ERROR | RD_KAFKA_EVENT_STATS)
        var text = [CChar](repeating: 0, count: 512)
        let type = kind == .producer ? RD_KAFKA_PRODUCER : RD_KAFKA_CONSUMER
        guard let handle = unsafe rd_kafka_new(type, conf, &text, text.count),
            let queue = unsafe rd_kafka_queue_get_main(handle)
        else {
            unsafe rd_kafka_conf_destroy(conf)
            throw KafkaError(.invalidArgument, "Kafka client settings: \(Self.string(text))")
        }
        unsafe self.handle = handle
        unsafe self.queue = queue
        unsafe rd_kafka_set_log_queue(handle, nil)
    }

    /// Has the instance outlive this object, for one that would end the program when it is destroyed.
    func keepForever() { isKept.store(true, ordering: .relaxed) }

    deinit {
        if isKept.load(ordering: .relaxed) {
            unsafe rd_kafka_queue_destroy(queue)
            if let callbackContext { _ = unsafe Unmanaged.passRetained(callbackContext) }
            return
        }
        // rd_kafka_destroy waits for the instance's threads.
        let remains = unsafe Remains(handle: handle, queue: queue, callbackContext: callbackContext)
        OwnThread.start("kafka-destroy") { remains.destroy() }
    }

    /// What is left of a client. `@unchecked Sendable` is safe: nobody else has the pointers any more.
    @safe private struct Remains: @unchecked Sendable {
        let handle: OpaquePointer
        let queue: OpaquePointer
        let callbackContext: AnyObject?

        func destroy() {
            unsafe rd_kafka_queue_destroy(queue)
            unsafe rd_kafka_destroy_flags(handle, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE)
            withExtendedLifetime(callbackContext) {}
        }
    }

    // MARK: Events

    /// Takes one event from the main queue and handles it; `false` when none came in time.
    /// - Parameter other: is given delivery reports.
    func serveEvent(within timeout: Duration, other: (Event) -> Void = { _ in }) -> Bool {
        guard let event = unsafe rd_kafka_queue_poll(queue, Int32(clamping: timeout.milliseconds)) else { return false }
        defer { unsafe rd_kafka_event_destroy(event) }
        switch unsafe rd_kafka_event_type(event) {
        case RD_KAFKA_EVENT_LOG: unsafe log(event)
        case RD_KAFKA_EVENT_ERROR: unsafe report(event)
        case RD_KAFKA_EVENT_STATS: unsafe statistics(event)
        case RD_KAFKA_EVENT_DR: other(unsafe Event(pointer: event))
        default:
            let token = unsafe UInt(bitPattern: rd_kafka_event_opaque(event))
            if let answer = pending.withLock({ $0.take(token) }) { answer(.event(unsafe Event(pointer: event))) }
        }
        return true
    }

    /// Ends a waiting ``serveEvent(within:other:)``.
    func wake() { unsafe rd_kafka_queue_yield(queue) }

    /// The fatal error of the instance, if it has one.
    var fatalError: KafkaError? {
        var text = [CChar](repeating: 0, count: 512)
        let code = unsafe rd_kafka_fatal_error(handle, &text, text.count)
        guard code != RD_KAFKA_RESP_ERR_NO_ERROR else { return nil }
        return KafkaError(.fatal, kafkaCode: code.rawValue, "Kafka client: \(Self.string(text))", isFatal: true)
    }

    private func log(_ event: OpaquePointer) {
        var facility: UnsafePointer<CChar>?
        var text: UnsafePointer<CChar>?
        var level: Int32 = 0
        guard unsafe rd_kafka_event_log(event, &facility, &text, &level) == 0, let facility = unsafe facility,
            let text = unsafe text
        else { return }
        unsafe monitor.log(level: level, facility: String(cString: facility), text: String(cString: text))
    }

    private func report(_ event: OpaquePointer) {
        let text = unsafe rd_kafka_event_error_string(event).map { unsafe String(cString: $0) }
        monitor.report(unsafe KafkaError(rd_kafka_event_error(event), "Kafka", text: text))
    }

    private func statistics(_ event: OpaquePointer) {
        guard let onStatistics, let text = unsafe rd_kafka_event_stats(event) else { return }
        do {
            onStatistics(try KafkaStatistics(json: Array(unsafe String(cString: text).utf8)))
        } catch {
            monitor.log(level: 7, facility: "STATS", text: "statistics not understood: \(error)")
        }
    }

    // MARK: Answers

    /// Starts an operation whose answer is an event with the given opaque, and waits for it.
    /// - Parameters:
    ///   - limit: after this, waiting ends with ``KafkaError/Code/timedOut``, whatever becomes of the operation.
    ///   - start: hands the opaque to librdkafka; what it throws is thrown.
    ///   - parse: called on the thread that serves events.
    func answer<Result: Sendable>(
        within limit: Duration? = nil,
        _ start: (AnswerToken) throws(KafkaError) -> Void,
        parse: @escaping @Sendable (Event) throws(KafkaError) -> Result
    ) async throws -> Result {
        let started = Locked<UInt?>(nil)
        let timer = limit.map { limit in
            Task { [self] in
                guard await sleepUnlessCancelled(for: limit), let token = started.withLock({ $0 }) else { return }
                pending.withLock { $0.take(token) }?(.late)
            }
        }
        defer { timer?.cancel() }
        return try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Result, any Error>) in
            let token = pending.withLock { pending in
                pending.add { outcome in
                    do throws(KafkaError) {
                        switch outcome {
                        case .event(let event): continuation.resume(returning: try parse(event))
                        case .closed: throw KafkaError(.closed, "the Kafka client was closed during the operation")
                        case .late: throw KafkaError(.timedOut, "no answer in time", isRetriable: true)
                        }
                    } catch {
                        continuation.resume(throwing: error)
                    }
                }
            }
            started.withLock { $0 = token }
            do throws(KafkaError) {
                guard let token else { throw KafkaError(.closed, "the Kafka client is closed") }
                do throws(KafkaError) {
                    try start(unsafe AnswerToken(opaque: UnsafeMutableRawPointer(bitPattern: token)))
                } catch {
                    // Whoever takes the answer resumes; closing may have been faster.
                    if pending.withLock({ $0.take(token) }) != nil { throw error }
                }
            } catch {
                continuation.resume(throwing: error)
            }
        }
    }

    /// Fails what waits for an answer, and everything asked from now on.
    func closeAnswers() {
        for answer in pending.withLock({ $0.close() }) { answer(.closed) }
    }

    // MARK: Construction

    private static func makeConfiguration(_ properties: [(String, String)]) throws(KafkaError) -> OpaquePointer {
        guard let conf = unsafe rd_kafka_conf_new() else {
            throw KafkaError(.other, "librdkafka has no memory for settings")
        }
        var text = [CChar](repeating: 0, count: 512)
        for (name, value) in properties {
            let result = unsafe rd_kafka_conf_set(conf, name, value, &text, text.count)
            if result == RD_KAFKA_CONF_OK || result == RD_KAFKA_CONF_UNKNOWN && optionalProperties.contains(name) {
                continue
            }
            unsafe rd_kafka_conf_destroy(conf)
            // librdkafka's text may quote the value.
            let isSecret = name.contains("password") || name.contains("key") || name.contains("secret")
            let reason = isSecret ? "not accepted by librdkafka" : string(text)
            throw KafkaError(.invalidArgument, "Kafka property \(name): \(reason)")
        }
        return unsafe conf
    }

    /// Wishes that older versions do not know.
    private static let optionalProperties: Set<String> = ["fetch.queue.backoff.ms"]

    static func string(_ text: [CChar]) -> String {
        String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
