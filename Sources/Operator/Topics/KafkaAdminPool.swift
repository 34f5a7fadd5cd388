import Concurrency
import KafkaClient
import Observability

/// One admin client a Kafka cluster, made when first needed.
final class KafkaAdminPool: Sendable {
    private let admins = Locked<[String: KafkaAdmin]>([:])
    private let logger: Logger

    init(logger: Logger) { self.logger = logger }

    /// - Parameter bootstrapServers: also the key: gateways that name the same servers share the client.
    func admin(_ bootstrapServers: String) throws -> KafkaAdmin {
        if let admin = admins.withLock({ $0[bootstrapServers] }) { return admin }
        let admin = try KafkaAdmin(Self.configuration(bootstrapServers), logger: logger)
        return admins.withLock { admins in
            if let other = admins[bootstrapServers] { return other }
            admins[bootstrapServers] = admin
            return admin
        }
    }

    /// A consumer for partitions of the caller's choice.
    /// - Parameter groupID: librdkafka wants one; nothing is joined or committed.
    func consumer(_ bootstrapServers: String, groupID: String) throws -> KafkaConsumer {
        try KafkaConsumer(
            Self.configuration(bootstrapServers),
            settings: ConsumerSettings(groupID: groupID, autoOffsetReset: .latest, maxBufferedRecords: 1000),
            logger: logger)
    }

    private static func configuration(_ bootstrapServers: String) -> KafkaConfiguration {
        KafkaConfiguration(bootstrapServers: bootstrapServers, clientID: "telegram-serverless-operator")
    }

    func close() async {
        let all = admins.withLock { admins in
            defer { admins = [:] }
            return Array(admins.values)
        }
        for admin in all { await admin.close() }
    }
}
