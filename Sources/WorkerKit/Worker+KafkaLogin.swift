import KafkaClient
import Observability
import PlatformAPI

extension Worker {
    /// How Kafka's brokers are reached and logged in to. Certificates and keys are PEM text.
    public struct KafkaLogin: Sendable {
        /// Whether TLS is spoken.
        public var usesTLS = false
        /// The authorities to trust; `nil`: the system's.
        public var caPEM: String?
        /// For brokers that want a certificate of their clients; with ``privateKeyPEM``.
        public var certificatePEM: String?
        /// The certificate's key. Never log it.
        public var privateKeyPEM: String? {
            get { privateKey?.value }
            set { privateKey = newValue.map { Sensitive($0) } }
        }
        private var privateKey: Sensitive<String>?
        /// Whether the broker's name must be in its certificate.
        public var verifiesHostname = true
        /// "PLAIN", "SCRAM-SHA-256" or "SCRAM-SHA-512"; `nil`: no login by name and password.
        public var saslMechanism: String?
        /// The user's name.
        public var username = ""
        /// The user's password. Never log it.
        public var password: String {
            get { secret.value }
            set { secret = Sensitive(newValue) }
        }
        private var secret = Sensitive("")

        /// Plain text, no login.
        public init() {}

        /// What the platform puts into a worker's environment when the gateway's Kafka cluster wants it:
        /// KAFKA_SECURITY_PROTOCOL (PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL), KAFKA_SASL_MECHANISM,
        /// KAFKA_SASL_USERNAME, KAFKA_SASL_PASSWORD, KAFKA_SSL_CA, KAFKA_SSL_CERTIFICATE, KAFKA_SSL_KEY and
        /// KAFKA_SSL_ENDPOINT_IDENTIFICATION_ALGORITHM ("none": a certificate for another name is taken).
        /// - Throws: ``WorkerError`` that names the variable which is missing or cannot be used.
        public init(environment: [String: String]) throws(WorkerError) {
            func value(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
            let (name, known) = (
                WorkerEnvironment.securityProtocol, ["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"]
            )
            let wanted = value(name) ?? "PLAINTEXT"
            guard known.contains(wanted) else {
                throw WorkerError(
                    .environment, "\(name) is \"\(wanted)\": one of \(known.joined(separator: ", ")) is wanted")
            }
            usesTLS = wanted.hasSuffix("SSL")
            caPEM = value(WorkerEnvironment.tlsCA)
            certificatePEM = value(WorkerEnvironment.tlsCertificate)
            privateKey = value(WorkerEnvironment.tlsKey).map { Sensitive($0) }
            verifiesHostname = value(WorkerEnvironment.hostnameVerification) != "none"
            guard wanted.hasPrefix("SASL") else { return }
            let names = [
                WorkerEnvironment.saslMechanism, WorkerEnvironment.saslUsername, WorkerEnvironment.saslPassword,
            ]
            let missing = names.filter { value($0) == nil }
            guard missing.isEmpty else {
                throw WorkerError(.environment, "\(name) is \(wanted), but not set: \(missing.joined(separator: ", "))")
            }
            saslMechanism = value(WorkerEnvironment.saslMechanism)
            username = value(WorkerEnvironment.saslUsername) ?? ""
            secret = Sensitive(value(WorkerEnvironment.saslPassword) ?? "")
            _ = try security
        }

        /// For the Kafka client.
        var security: KafkaSecurity {
            get throws(WorkerError) {
                let tls =
                    usesTLS
                    ? KafkaTLS(
                        caPEM: caPEM, certificatePEM: certificatePEM, privateKeyPEM: privateKey,
                        verifyHostname: verifiesHostname) : nil
                guard let saslMechanism else { return tls.map { .tls($0) } ?? .plaintext }
                guard let mechanism = KafkaSecurity.Mechanism(rawValue: saslMechanism) else {
                    let known = KafkaSecurity.Mechanism.allCases.map(\.rawValue).joined(separator: ", ")
                    throw WorkerError(
                        .environment,
                        "\(WorkerEnvironment.saslMechanism) is \"\(saslMechanism)\": one of \(known) is wanted")
                }
                return .sasl(mechanism: mechanism, username: username, password: secret, tls: tls)
            }
        }
    }
}
