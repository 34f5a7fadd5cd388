import Concurrency
import KafkaClient
import Observability

/// One admin client for each way into a Kafka cluster, made when first needed.
final class KafkaAdminPool: Sendable {
    private let admins = Locked<[KafkaAccess: KafkaAdmin]>([:])
    private let logger: Logger

    init(logger: Logger) { self.logger = logger }

    /// - Parameter access: also the key: gateways whose brokers are reached in the same way share the client.
    func admin(_ access: KafkaAccess) throws -> KafkaAdmin {
        if let admin = admins.withLock({ $0[access] }) { return admin }
        let admin = try KafkaAdmin(Self.configuration(access), logger: logger)
        return admins.withLock { admins in
            if let other = admins[access] { return other }
            admins[access] = admin
            return admin
        }
    }

    /// Lets go of all other clients. One that is in use closes itself when the last call in flight has ended.
    func keep(_ wanted: Set<KafkaAccess>) {
        let gone = admins.withLock { admins in
            defer { admins = admins.filter { wanted.contains($0.key) } }
            return admins.filter { !wanted.contains($0.key) }
        }
        // Released outside the lock.
        withExtendedLifetime(gone) {}
    }

    /// A consumer for partitions of the caller's choice.
    /// - Parameter groupID: librdkafka wants one; nothing is joined or committed.
    func consumer(_ access: KafkaAccess, groupID: String) throws -> KafkaConsumer {
        try KafkaConsumer(
            Self.configuration(access),
            settings: ConsumerSettings(groupID: groupID, autoOffsetReset: .latest, maxBufferedRecords: 1000),
            logger: logger)
    }

    private static func configuration(_ access: KafkaAccess) -> KafkaConfiguration {
        KafkaConfiguration(
            bootstrapServers: access.servers, clientID: "telegram-serverless-operator", security: access.security)
    }

    func close() async {
        let all = admins.withLock { admins in
            defer { admins = [:] }
            return Array(admins.values)
        }
        for admin in all { await admin.close() }
    }
}
