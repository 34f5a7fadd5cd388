/// The environment variables that every worker gets.
package enum WorkerEnvironment {
    package static let botID = "BOT_ID"
    package static let botToken = "BOT_TOKEN"
    package static let kafkaBrokers = "KAFKA_BROKERS"
    package static let incomingTopic = "KAFKA_INCOMING_TOPIC"
    package static let outgoingTopic = "KAFKA_OUTGOING_TOPIC"
    /// Only of bots with such a topic.
    package static let resultsTopic = "KAFKA_RESULTS_TOPIC"
    package static let consumerGroup = "KAFKA_CONSUMER_GROUP"
    package static let apiBaseURL = "TELEGRAM_API_BASE_URL"

    // Only where the gateway's Kafka cluster wants TLS or a login. The first three are plain values, the others come from
    // the worker's Secret, whose keys have the same names.

    /// PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL; absent: PLAINTEXT.
    package static let securityProtocol = "KAFKA_SECURITY_PROTOCOL"
    /// PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512.
    package static let saslMechanism = "KAFKA_SASL_MECHANISM"
    /// "none": the broker's certificate may be for another name. Absent: it may not.
    package static let hostnameVerification = "KAFKA_SSL_ENDPOINT_IDENTIFICATION_ALGORITHM"
    package static let saslUsername = "KAFKA_SASL_USERNAME"
    package static let saslPassword = "KAFKA_SASL_PASSWORD"
    /// The authorities to trust, PEM text; absent: the system's.
    package static let tlsCA = "KAFKA_SSL_CA"
    /// The client's certificate, PEM text.
    package static let tlsCertificate = "KAFKA_SSL_CERTIFICATE"
    /// Its key, PEM text.
    package static let tlsKey = "KAFKA_SSL_KEY"

    /// The variable of a feature: "newMenu" and "new-menu" are FEATURE_NEWMENU and FEATURE_NEW_MENU.
    package static func feature(_ name: String) -> String {
        "FEATURE_" + name.uppercased().map { $0 == "-" || $0 == "." ? "_" : String($0) }.joined()
    }

    /// Names that a bot's own `env` may not set.
    package static let reserved: Set<String> = [
        botID, botToken, kafkaBrokers, incomingTopic, outgoingTopic, resultsTopic, consumerGroup, apiBaseURL,
        securityProtocol, saslMechanism, hostnameVerification, saslUsername, saslPassword, tlsCA, tlsCertificate,
        tlsKey,
    ]
}
