import CRdKafka
import Concurrency

extension KafkaAdmin {
    /// One operation of librdkafka's admin interface.
    /// - Parameters:
    ///   - what: for error messages: "creating topic a".
    ///   - start: calls the function that starts it, with `client.queue` for the answer.
    ///   - parse: takes what is needed from a successful answer.
    func perform<Result: Sendable>(
        _ what: String, _ operation: rd_kafka_admin_op_t, within timeout: Duration,
        _ start: (Client, AdminOptions) throws(KafkaError) -> Void,
        parse: @escaping @Sendable (Event) throws(KafkaError) -> Result
    ) async throws -> Result {
        try checkOpen(what)
        return try await Self.perform(what, operation, on: client, within: timeout, start, parse: parse)
    }

    /// One that the coordinator of a group answers. It may still be carried out after it has timed out here.
    func performAtCoordinator<Result: Sendable>(
        _ what: String, _ operation: rd_kafka_admin_op_t,
        _ start: (Client, AdminOptions) throws(KafkaError) -> Void,
        parse: @escaping @Sendable (Event) throws(KafkaError) -> Result
    ) async throws -> Result {
        try checkOpen(what)
        let client = try groups.current(what)
        do {
            return try await Self.perform(
                what, operation, on: client, within: GroupClient.patience, waiting: timeout, start, parse: parse)
        } catch let error as KafkaError {
            guard error.code == .timedOut || error.code == .closed && !groups.isClosed else { throw error }
            groups.renew(client)
            throw client.monitor.explained(
                KafkaError(.timedOut, "\(what): no answer from the group's coordinator", isRetriable: true))
        }
    }

    private static func perform<Result: Sendable>(
        _ what: String, _ operation: rd_kafka_admin_op_t, on client: Client, within timeout: Duration,
        waiting limit: Duration? = nil, _ start: (Client, AdminOptions) throws(KafkaError) -> Void,
        parse: @escaping @Sendable (Event) throws(KafkaError) -> Result
    ) async throws -> Result {
        try await client.answer(within: limit) { (token) throws(KafkaError) in
            guard let options = unsafe rd_kafka_AdminOptions_new(client.handle, operation) else {
                throw KafkaError(.unsupported, "\(what): not known to librdkafka")
            }
            defer { unsafe rd_kafka_AdminOptions_destroy(options) }
            let milliseconds = Int32(clamping: max(1, timeout.milliseconds))
            unsafe rd_kafka_AdminOptions_set_request_timeout(options, milliseconds, nil, 0)
            if [RD_KAFKA_ADMIN_OP_CREATETOPICS, RD_KAFKA_ADMIN_OP_DELETETOPICS, RD_KAFKA_ADMIN_OP_CREATEPARTITIONS]
                .contains(operation)
            {
                // How long the controller waits for the other brokers before it answers.
                unsafe rd_kafka_AdminOptions_set_operation_timeout(options, max(1, milliseconds / 2), nil, 0)
            }
            unsafe rd_kafka_AdminOptions_set_opaque(options, token.opaque)
            try start(client, unsafe AdminOptions(pointer: options))
        } parse: { (event) throws(KafkaError) in
            let error = unsafe rd_kafka_event_error(event.pointer)
            guard error == RD_KAFKA_RESP_ERR_NO_ERROR else {
                let text = unsafe rd_kafka_event_error_string(event.pointer).map { unsafe String(cString: $0) }
                throw client.monitor.explained(KafkaError(error, what, text: text))
            }
            client.monitor.succeeded()
            return try parse(event)
        }
    }
}
