/// The environment variables that every worker gets.
package enum WorkerEnvironment {
    package static let botID = "BOT_ID"
    package static let botToken = "BOT_TOKEN"
    package static let kafkaBrokers = "KAFKA_BROKERS"
    package static let incomingTopic = "KAFKA_INCOMING_TOPIC"
    package static let outgoingTopic = "KAFKA_OUTGOING_TOPIC"
    package static let consumerGroup = "KAFKA_CONSUMER_GROUP"
    package static let apiBaseURL = "TELEGRAM_API_BASE_URL"

    /// The variable of a feature: "newMenu" and "new-menu" are FEATURE_NEWMENU and FEATURE_NEW_MENU.
    package static func feature(_ name: String) -> String {
        "FEATURE_" + name.uppercased().map { $0 == "-" || $0 == "." ? "_" : String($0) }.joined()
    }

    /// Names that a bot's own `env` may not set.
    package static let reserved: Set<String> = [
        botID, botToken, kafkaBrokers, incomingTopic, outgoingTopic, consumerGroup, apiBaseURL,
    ]
}
