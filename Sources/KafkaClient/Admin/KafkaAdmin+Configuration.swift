import CRdKafka
import Concurrency

extension KafkaAdmin {
    /// All settings of a topic by Kafka's names.
    /// - Throws: ``KafkaError``: ``KafkaError/Code/unknownTopic``.
    package func describeConfiguration(topic: String) async throws -> [String: TopicConfigurationEntry] {
        let what = "describing the settings of topic \(topic)"
        return try await perform(what, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS, within: timeout) { client, options in
            var resource = unsafe rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic)
            defer { unsafe rd_kafka_ConfigResource_destroy(resource) }
            unsafe rd_kafka_DescribeConfigs(client.handle, &resource, 1, options.pointer, client.queue)
        } parse: { (event) throws(KafkaError) in
            var count = 0
            let result = unsafe rd_kafka_event_DescribeConfigs_result(event.pointer)
            let resources = unsafe rd_kafka_DescribeConfigs_result_resources(result, &count)
            try unsafe Self.check(resources, count, what)
            guard let resource = unsafe resources?[0] else { return [:] }
            return unsafe Self.entries(of: resource)
        }
    }

    /// Sets settings of a topic, takes others off, and leaves the rest as they are.
    ///
    /// Brokers and libraries that know only the old request reset what it leaves out: then the topic's own settings are
    /// read first and all sent. Another change at the same moment can be lost that way.
    /// - Parameter changes: by Kafka's names; `nil` takes the topic's own value off, so that the broker's holds again.
    /// - Throws: ``KafkaError``: ``KafkaError/Code/unknownTopic``, ``KafkaError/Code/invalidArgument``.
    package func alterConfiguration(topic: String, _ changes: [String: String?]) async throws {
        guard !changes.isEmpty else { return }
        if crdkafka_has_incremental_alter_configs() != 0 {
            do {
                return try await alterIncrementally(topic, changes)
            } catch let error as KafkaError where error.code == .unsupported {
                // An older broker.
            }
        }
        let present = try await describeConfiguration(topic: topic)
        try await replaceConfiguration(topic, Self.merged(changes, into: present))
    }

    /// What a request that replaces all settings must contain.
    static func merged(
        _ changes: [String: String?], into present: [String: TopicConfigurationEntry]
    ) -> [String: String] {
        present.filter { !$0.value.isDefault && !$0.value.isReadOnly }.mapValues(\.value)
            .merging(changes) { $1 }.compactMapValues { $0 }
    }

    private func alterIncrementally(_ topic: String, _ changes: [String: String?]) async throws {
        let what = "changing the settings of topic \(topic)"
        let milliseconds = Int32(clamping: max(1, timeout.milliseconds))
        try checkOpen(what)
        let client = client
        try await client.answer { (token) throws(KafkaError) in
            let resource = unsafe rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic)
            defer { unsafe rd_kafka_ConfigResource_destroy(resource) }
            for (name, value) in changes {
                let error = unsafe crdkafka_add_incremental_config(resource, name, value)
                guard error == RD_KAFKA_RESP_ERR_NO_ERROR else { throw KafkaError(error, "\(what): \(name)") }
            }
            unsafe crdkafka_incremental_alter_configs(client.handle, resource, milliseconds, token.opaque, client.queue)
        } parse: { (event) throws(KafkaError) in
            try Self.checkAltered(event, client.monitor, what)
        }
    }

    private func replaceConfiguration(_ topic: String, _ settings: [String: String]) async throws {
        let what = "changing the settings of topic \(topic)"
        let monitor = client.monitor
        try await perform(what, RD_KAFKA_ADMIN_OP_ALTERCONFIGS, within: timeout) {
            (client, options) throws(KafkaError) in
            var resource = unsafe rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic)
            defer { unsafe rd_kafka_ConfigResource_destroy(resource) }
            for (name, value) in settings {
                let error = unsafe rd_kafka_ConfigResource_set_config(resource, name, value)
                guard error == RD_KAFKA_RESP_ERR_NO_ERROR else { throw KafkaError(error, "\(what): \(name)") }
            }
            unsafe rd_kafka_AlterConfigs(client.handle, &resource, 1, options.pointer, client.queue)
        } parse: { (event) throws(KafkaError) in
            try Self.checkAltered(event, monitor, what)
        }
    }

    private static func checkAltered(_ event: Event, _ monitor: ClientMonitor, _ what: String) throws(KafkaError) {
        let error = unsafe rd_kafka_event_error(event.pointer)
        guard error == RD_KAFKA_RESP_ERR_NO_ERROR else {
            let text = unsafe rd_kafka_event_error_string(event.pointer).map { unsafe String(cString: $0) }
            throw monitor.explained(KafkaError(error, what, text: text))
        }
        var count = 0
        let resources = unsafe crdkafka_alter_configs_resources(event.pointer, &count)
        try unsafe check(resources, count, what)
    }

    /// Throws the first resource's error.
    private static func check(
        _ resources: UnsafeMutablePointer<OpaquePointer?>?, _ count: Int, _ what: String
    ) throws(KafkaError) {
        for index in 0..<count {
            let resource = unsafe resources?[index]
            let error = unsafe rd_kafka_ConfigResource_error(resource)
            guard error != RD_KAFKA_RESP_ERR_NO_ERROR else { continue }
            let text = unsafe rd_kafka_ConfigResource_error_string(resource).map { unsafe String(cString: $0) }
            throw KafkaError(error, what, text: text)
        }
    }

    private static func entries(of resource: OpaquePointer) -> [String: TopicConfigurationEntry] {
        var count = 0
        let entries = unsafe rd_kafka_ConfigResource_configs(resource, &count)
        var result: [String: TopicConfigurationEntry] = [:]
        for index in 0..<count {
            guard let entry = unsafe entries?[index], let name = unsafe rd_kafka_ConfigEntry_name(entry) else {
                continue
            }
            // "is_default" of brokers that know sources speaks of Kafka's defaults alone, not of the broker's settings.
            let source = unsafe rd_kafka_ConfigEntry_source(entry)
            let isOwn =
                source == RD_KAFKA_CONFIG_SOURCE_DYNAMIC_TOPIC_CONFIG
                || source == RD_KAFKA_CONFIG_SOURCE_UNKNOWN_CONFIG
                    && (unsafe rd_kafka_ConfigEntry_is_default(entry)) == 0
            unsafe result[String(cString: name)] = TopicConfigurationEntry(
                value: rd_kafka_ConfigEntry_value(entry).map { unsafe String(cString: $0) },
                isDefault: !isOwn, isReadOnly: rd_kafka_ConfigEntry_is_read_only(entry) != 0)
        }
        return result
    }
}
