import FoundationEssentials
import Observability
import PlatformAPI

extension Worker {
    /// Where a worker finds its bot, and how it works.
    public struct Configuration: Sendable {
        /// `bot_<number>`.
        public var botID: String
        /// The bot's token, for calls of the Bot API that need an answer. Never log it.
        public var botToken: String {
            get { token.value }
            set { token = Sensitive(newValue) }
        }
        private var token: Sensitive<String>
        /// Kafka's bootstrap servers: "host:port,host:port".
        public var kafkaBrokers: String
        /// How the brokers are reached and logged in to; plain text unless set.
        public var kafkaLogin = KafkaLogin()
        /// Where updates come from.
        public var incomingTopic: String
        /// Where answers go.
        public var outgoingTopic: String
        /// Where results of calls are told that ask for them; `nil`: the bot has no such topic.
        public var resultsTopic: String?
        /// In which the bot's workers share the updates.
        public var consumerGroup: String
        /// The Bot API server.
        public var telegramAPIBaseURL: String
        /// Chats that are served at the same time.
        public var concurrency = 32
        /// How often an update's handler is called before the update is given up.
        public var attempts = 3
        /// The pause after a handler's first failure; it doubles with each further one, up to 30 seconds.
        public var retryDelay = Duration.seconds(1)
        /// How long a handler may take; then it is cancelled, which counts as a failure. `nil`: as long as it likes.
        public var handlerTimeout: Duration? = .seconds(300)
        /// How long handlers at work have at shutdown. Keep it below the pod's `terminationGracePeriodSeconds` (30).
        public var gracePeriod = Duration.seconds(20)
        /// Whether queries that it is too late to answer are handled all the same.
        public var handlesExpired = false
        /// Whether the log has debug lines, too.
        public var logsDebug = false

        /// For programs that do not run on the platform; ``fromEnvironment(_:)`` for those that do.
        public init(
            botID: String, botToken: String, kafkaBrokers: String, incomingTopic: String, outgoingTopic: String,
            consumerGroup: String, telegramAPIBaseURL: String = "https://api.telegram.org"
        ) {
            self.botID = botID
            token = Sensitive(botToken)
            self.kafkaBrokers = kafkaBrokers
            self.incomingTopic = incomingTopic
            self.outgoingTopic = outgoingTopic
            self.consumerGroup = consumerGroup
            self.telegramAPIBaseURL = telegramAPIBaseURL
        }

        /// What the platform puts into a worker's environment: BOT_ID, BOT_TOKEN, KAFKA_BROKERS, KAFKA_INCOMING_TOPIC,
        /// KAFKA_OUTGOING_TOPIC, KAFKA_CONSUMER_GROUP and TELEGRAM_API_BASE_URL (Telegram's own server unless set); for a
        /// Kafka cluster with TLS or a login what ``KafkaLogin`` lists as well.
        /// - Parameter environment: the process's own unless given.
        /// - Throws: ``WorkerError`` that names every variable which is missing or empty.
        public static func fromEnvironment(
            _ environment: [String: String]? = nil
        ) throws(WorkerError) -> Configuration {
            let environment = environment ?? ProcessInfo.processInfo.environment
            var missing: [String] = []
            func value(_ name: String) -> String {
                guard let value = environment[name], !value.isEmpty else {
                    missing.append(name)
                    return ""
                }
                return value
            }
            var configuration = Configuration(
                botID: value(WorkerEnvironment.botID), botToken: value(WorkerEnvironment.botToken),
                kafkaBrokers: value(WorkerEnvironment.kafkaBrokers),
                incomingTopic: value(WorkerEnvironment.incomingTopic),
                outgoingTopic: value(WorkerEnvironment.outgoingTopic),
                consumerGroup: value(WorkerEnvironment.consumerGroup))
            guard missing.isEmpty else {
                throw WorkerError(
                    .environment,
                    "not set: \(missing.joined(separator: ", ")). The platform sets these in a TelegramBot's worker; "
                        + "elsewhere set them yourself")
            }
            guard BotID(configuration.botID) != nil else {
                throw WorkerError(
                    .environment, "\(WorkerEnvironment.botID) is \"\(configuration.botID)\": bot_<number> is wanted")
            }
            configuration.kafkaLogin = try KafkaLogin(environment: environment)
            if let topic = environment[WorkerEnvironment.resultsTopic], !topic.isEmpty {
                configuration.resultsTopic = topic
            }
            if let url = environment[WorkerEnvironment.apiBaseURL], !url.isEmpty {
                configuration.telegramAPIBaseURL = url
            }
            return configuration
        }

        var level: LogLevel { logsDebug ? .debug : .info }

        /// Where updates go that no handler could answer; `nil` when the bot's id is not of the platform's form.
        var deadLetterTopic: String? { BotID(botID)?.deadLetterTopic }
    }
}
