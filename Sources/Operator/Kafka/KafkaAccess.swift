import FoundationEssentials
import KafkaClient
import Observability
import PlatformAPI

/// How the brokers of a gateway are reached: where they are, and what it takes to be let in. Two that are equal can share a
/// client.
struct KafkaAccess: Sendable, Hashable {
    /// "host:port,host:port".
    let servers: String
    let tls: TelegramGatewaySpec.Kafka.TLS?
    let mechanism: TelegramGatewaySpec.Kafka.Mechanism?
    /// What stands in the gateway's Secrets, by the names that workers get it under.
    let secrets: [String: Sensitive<String>]

    /// Brokers that want nothing.
    init(servers: String) {
        self.servers = servers
        tls = nil
        mechanism = nil
        secrets = [:]
    }

    /// - Parameter secrets: by the names of ``WorkerEnvironment``.
    init(_ kafka: TelegramGatewaySpec.Kafka, secrets: [String: Sensitive<String>]) {
        servers = kafka.bootstrapServers
        tls = kafka.tls
        mechanism = kafka.sasl?.mechanism
        self.secrets = secrets
    }

    /// Whether anything but the brokers' names is needed.
    var isSecured: Bool { tls != nil || mechanism != nil }

    /// For the operator's own clients.
    var security: KafkaSecurity {
        let tls = tls.map { tls in
            KafkaTLS(
                caPEM: secrets[WorkerEnvironment.tlsCA]?.value,
                certificatePEM: secrets[WorkerEnvironment.tlsCertificate]?.value,
                privateKeyPEM: secrets[WorkerEnvironment.tlsKey], verifyHostname: tls.verifiesHostname)
        }
        guard let mechanism else { return tls.map { .tls($0) } ?? .plaintext }
        return .sasl(
            mechanism: mechanism.client, username: secrets[WorkerEnvironment.saslUsername]?.value ?? "",
            password: secrets[WorkerEnvironment.saslPassword] ?? Sensitive(""), tls: tls)
    }

    /// What workers get that is no secret, by its names.
    var plainEnvironment: [(name: String, value: String)] {
        guard isSecured else { return [] }
        let base = tls == nil ? "PLAINTEXT" : "SSL"
        var values = [(WorkerEnvironment.securityProtocol, mechanism == nil ? base : "SASL_\(base)")]
        if let mechanism { values.append((WorkerEnvironment.saslMechanism, mechanism.rawValue)) }
        if let tls, !tls.verifiesHostname { values.append((WorkerEnvironment.hostnameVerification, "none")) }
        return values
    }

    /// For the worker's Secret.
    var secretData: [String: Data] { secrets.mapValues { Data($0.value.utf8) } }
}

extension TelegramGatewaySpec.Kafka.Mechanism {
    /// The Kafka client's name of it.
    fileprivate var client: KafkaSecurity.Mechanism {
        switch self {
        case .plain: .plain
        case .scramSHA256: .scramSHA256
        case .scramSHA512: .scramSHA512
        }
    }
}
