import CRdKafka
import Observability

/// What all clients of one Kafka cluster share.
package struct KafkaConfiguration: Sendable {
    /// "host:port", several separated by commas.
    package var bootstrapServers: String
    /// Shown in the brokers' logs and quotas.
    package var clientID: String
    package var security: KafkaSecurity
    /// More of librdkafka's properties, by its names; they win over this module's choices but for those that its promises
    /// rest on (``reserved``).
    package var properties: [String: String]

    package init(
        bootstrapServers: String, clientID: String, security: KafkaSecurity = .plaintext,
        properties: [String: String] = [:]
    ) {
        self.bootstrapServers = bootstrapServers
        self.clientID = clientID
        self.security = security
        self.properties = properties
    }

    /// Properties that cannot be given in ``properties``.
    package static let reserved: Set<String> = [
        "bootstrap.servers", "metadata.broker.list", "client.id", "log.queue", "log_cb", "opaque",
        "enable.auto.commit", "enable.auto.offset.store", "group.id", "enable.idempotence", "acks",
        "request.required.acks", "transactional.id",
    ]

    /// The version of the linked librdkafka as `0xMMmmrrxx`.
    static var libraryVersion: Int32 { rd_kafka_version() }

    /// The first version whose SCRAM works with Apache Kafka 4 (the nonce was wrong before).
    private static let scramVersion: Int32 = 0x0206_01ff

    /// All properties to set, in order; later ones win.
    /// - Parameters:
    ///   - own: what the kind of client wants.
    ///   - version: librdkafka's.
    func resolved(own: [(String, String)], version: Int32 = libraryVersion) throws(KafkaError) -> [(String, String)] {
        guard !bootstrapServers.isEmpty else {
            throw KafkaError(.invalidArgument, "bootstrap.servers is empty: name at least one broker as host:port")
        }
        if let name = properties.keys.sorted().first(where: Self.reserved.contains) {
            throw KafkaError(.invalidArgument, "Kafka property \(name) cannot be set here: the client sets it itself")
        }
        let shared = [
            ("bootstrap.servers", bootstrapServers), ("client.id", clientID),
            // Topics are made on purpose only; a producer would bring a deleted one back.
            ("allow.auto.create.topics", "false"),
            // Idle connections are closed by brokers every ten minutes; that is not worth a line.
            ("log.connection.close", "false"),
            // A broker that is back after a restart is found within a second.
            ("reconnect.backoff.max.ms", "1000"),
        ]
        let given = properties.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
        return try shared + securityProperties(version: version) + own + given
    }

    private func securityProperties(version: Int32) throws(KafkaError) -> [(String, String)] {
        switch security {
        case .plaintext: return []
        case .tls(let tls): return [("security.protocol", "SSL")] + Self.properties(of: tls)
        case .sasl(let mechanism, let username, let password, let tls):
            if mechanism != .plain && version < Self.scramVersion {
                throw KafkaError(
                    .unsupported,
                    "\(mechanism.rawValue) needs librdkafka 2.6.1 or newer, this is \(Self.text(ofVersion: version)): "
                        + "use PLAIN or mutual TLS, or a newer library")
            }
            return [
                ("security.protocol", tls == nil ? "SASL_PLAINTEXT" : "SASL_SSL"),
                ("sasl.mechanism", mechanism.rawValue), ("sasl.username", username),
                ("sasl.password", password.value),
            ] + (tls.map(Self.properties(of:)) ?? [])
        }
    }

    private static func properties(of tls: KafkaTLS) -> [(String, String)] {
        let optional = [
            ("ssl.ca.pem", tls.caPEM), ("ssl.certificate.pem", tls.certificatePEM),
            ("ssl.key.pem", tls.privateKeyPEM?.value), ("ssl.key.password", tls.privateKeyPassword?.value),
        ]
        let verification = ("ssl.endpoint.identification.algorithm", tls.verifyHostname ? "https" : "none")
        return optional.compactMap { name, value in value.map { (name, $0) } } + [verification]
    }

    /// "2.0.2" from `0x020002ff`.
    static func text(ofVersion version: Int32) -> String {
        "\((version >> 24) & 0xff).\((version >> 16) & 0xff).\((version >> 8) & 0xff)"
    }
}
