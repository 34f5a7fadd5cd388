package import Observability

/// How brokers are reached and convinced of who we are.
package enum KafkaSecurity: Sendable {
    case plaintext
    case tls(KafkaTLS)
    /// - Parameter tls: plain text when `nil`.
    case sasl(mechanism: Mechanism, username: String, password: Sensitive<String>, tls: KafkaTLS?)

    /// How a password is presented, by SASL's names.
    package enum Mechanism: String, Sendable, CaseIterable {
        case plain = "PLAIN"
        /// Needs librdkafka 2.6.1.
        case scramSHA256 = "SCRAM-SHA-256"
        /// Needs librdkafka 2.6.1.
        case scramSHA512 = "SCRAM-SHA-512"
    }
}
