import Concurrency
import ControllerRuntime
import KubernetesClient
import KubernetesTypes
import Observability
import PlatformAPI

/// Finds out how the brokers of gateways are reached: reads the Secrets that a gateway names, and again when one of them
/// has changed. Only what is in force is kept, once for each gateway.
final class KafkaLogins: Sendable {
    private struct Entry: Sendable {
        let kafka: TelegramGatewaySpec.Kafka
        let versions: [String: String]
        let access: KafkaAccess
    }

    private let client: KubernetesClient
    private let secrets: Store<ObservedSecret>
    private let pool: KafkaAdminPool
    private let logger: Logger
    private let entries = Locked<[ObjectKey: Entry]>([:])

    /// - Parameter pool: lets go of the clients of ways in that no gateway has any more.
    init(client: KubernetesClient, secrets: Store<ObservedSecret>, pool: KafkaAdminPool, logger: Logger) {
        self.client = client
        self.secrets = secrets
        self.pool = pool
        self.logger = logger
    }

    /// How the gateway's brokers are reached.
    /// - Throws: ``StepFailure`` that names the Secret and the key which are missing, or what Kubernetes says.
    func access(of gateway: TelegramGateway) async throws -> KafkaAccess {
        let kafka = gateway.spec.kafka
        let watched = versions(of: gateway)
        if let known = entries.withLock({ $0[gateway.key] }), known.kafka == kafka, known.versions == watched {
            return known.access
        }
        var found: [String: Secret] = [:]
        for name in kafka.secretNames {
            found[name] = try await client.find(
                Secret.self, ObjectKey(namespace: gateway.metadata.namespace, name: name))
        }
        let access: KafkaAccess
        do {
            access = KafkaAccess(kafka, secrets: try KafkaCredentials.values(gateway, found))
        } catch {
            // What was taken away is not used any longer.
            forget(gateway.key)
            throw error
        }
        let versions = found.mapValues { "\($0.metadata.uid ?? "")/\($0.metadata.resourceVersion ?? "")" }
        let isNews = entries.withLock { entries in
            defer { entries[gateway.key] = Entry(kafka: kafka, versions: versions, access: access) }
            return entries[gateway.key]?.access != access
        }
        if isNews {
            if access.isSecured { logger.info("Kafka credentials read", ["gateway": .string("\(gateway.key)")]) }
            letGo()
        }
        return access
    }

    /// A gateway is gone, or its Secrets are: nothing of it is kept.
    func forget(_ gateway: ObjectKey) {
        entries.withLock { _ = $0.removeValue(forKey: gateway) }
        letGo()
    }

    private func letGo() {
        pool.keep(entries.withLock { Set($0.values.map(\.access)) })
    }

    /// The versions of the gateway's Secrets that the watch shows, by their names.
    func versions(of gateway: TelegramGateway) -> [String: String] {
        var versions: [String: String] = [:]
        for name in gateway.spec.kafka.secretNames {
            versions[name] = secrets.get(ObjectKey(namespace: gateway.metadata.namespace, name: name)).map {
                "\($0.uid)/\($0.resourceVersion)"
            }
        }
        return versions
    }
}
