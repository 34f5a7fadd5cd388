import KafkaClient
import Observability
import Testing

@testable import WorkerKit

@Suite struct ConfigurationTests {
    static let environment = [
        "BOT_ID": "bot_42", "BOT_TOKEN": "42:secret-part-of-the-token", "KAFKA_BROKERS": "kafka:9092",
        "KAFKA_INCOMING_TOPIC": "in", "KAFKA_OUTGOING_TOPIC": "out", "KAFKA_CONSUMER_GROUP": "group",
        "TELEGRAM_API_BASE_URL": "http://api",
    ]

    @Test func environmentIsRead() throws {
        let configuration = try Worker.Configuration.fromEnvironment(Self.environment)
        #expect(configuration.botID == "bot_42")
        #expect(configuration.botToken == "42:secret-part-of-the-token")
        #expect(configuration.kafkaBrokers == "kafka:9092")
        #expect(configuration.incomingTopic == "in")
        #expect(configuration.outgoingTopic == "out")
        #expect(configuration.consumerGroup == "group")
        #expect(configuration.telegramAPIBaseURL == "http://api")
        #expect(configuration.deadLetterTopic == "bot_42_dead_letter")
    }

    @Test func theBotAPIServerIsTelegramsUnlessGiven() throws {
        let environment = Self.environment.filter { $0.key != "TELEGRAM_API_BASE_URL" }
        #expect(
            try Worker.Configuration.fromEnvironment(environment).telegramAPIBaseURL == "https://api.telegram.org")
    }

    @Test(arguments: environment.keys.filter { $0 != "TELEGRAM_API_BASE_URL" })
    func whatIsMissingOrEmptyIsNamed(name: String) {
        for value in [nil, ""] as [String?] {
            var environment = Self.environment
            environment[name] = value
            #expect {
                try Worker.Configuration.fromEnvironment(environment)
            } throws: { error in
                let others = Self.environment.keys.filter { $0 != name }
                return (error as? WorkerError)?.code == .environment && "\(error)".contains(name)
                    && !others.contains { "\(error)".contains($0) }
            }
        }
    }

    @Test func allThatIsMissingIsNamedAtOnce() {
        #expect {
            try Worker.Configuration.fromEnvironment([:])
        } throws: { error in
            ["BOT_ID", "BOT_TOKEN", "KAFKA_BROKERS", "KAFKA_CONSUMER_GROUP"].allSatisfy { "\(error)".contains($0) }
        }
    }

    @Test func aMalformedBotIDIsRefused() {
        var environment = Self.environment
        environment["BOT_ID"] = "42"
        #expect {
            try Worker.Configuration.fromEnvironment(environment)
        } throws: { "\($0)".contains("BOT_ID") && "\($0)".contains("42") }
    }

    @Test func withoutMoreKafkaIsPlain() throws {
        let login = try Worker.Configuration.fromEnvironment(Self.environment).kafkaLogin
        #expect(!login.usesTLS && login.saslMechanism == nil)
        guard case .plaintext = try login.security else {
            Issue.record("not plain")
            return
        }
    }

    @Test func aLoginIsRead() throws {
        let more = [
            "KAFKA_SECURITY_PROTOCOL": "SASL_SSL", "KAFKA_SASL_MECHANISM": "PLAIN", "KAFKA_SASL_USERNAME": "u",
            "KAFKA_SASL_PASSWORD": "secret-password", "KAFKA_SSL_CA": "ca", "KAFKA_SSL_CERTIFICATE": "cert",
            "KAFKA_SSL_KEY": "secret-key", "KAFKA_SSL_ENDPOINT_IDENTIFICATION_ALGORITHM": "none",
        ]
        let configuration = try Worker.Configuration.fromEnvironment(Self.environment.merging(more) { $1 })
        guard case .sasl(let mechanism, let username, let password, let tls) = try configuration.kafkaLogin.security
        else {
            Issue.record("no login")
            return
        }
        #expect(mechanism == .plain && username == "u")
        #expect(password.value == "secret-password" && tls?.caPEM == "ca" && tls?.certificatePEM == "cert")
        #expect(tls?.privateKeyPEM?.value == "secret-key" && tls?.verifyHostname == false)
        var dumped = ""
        dump(configuration, to: &dumped)
        #expect(!"\(configuration)\(String(reflecting: configuration))\(dumped)".contains("secret-"))
    }

    @Test func aLoginThatIsNotWholeIsRefused() {
        for (more, word) in [
            (["KAFKA_SECURITY_PROTOCOL": "TLS"], "KAFKA_SECURITY_PROTOCOL"),
            (["KAFKA_SECURITY_PROTOCOL": "SASL_SSL"], "KAFKA_SASL_PASSWORD"),
            (
                [
                    "KAFKA_SECURITY_PROTOCOL": "SASL_PLAINTEXT", "KAFKA_SASL_MECHANISM": "GSSAPI",
                    "KAFKA_SASL_USERNAME": "u", "KAFKA_SASL_PASSWORD": "p",
                ], "KAFKA_SASL_MECHANISM"
            ),
        ] as [([String: String], String)] {
            #expect {
                try Worker.Configuration.fromEnvironment(Self.environment.merging(more) { $1 })
            } throws: { "\($0)".contains(word) }
        }
    }

    @Test func theTokenIsNotPrinted() throws {
        let configuration = try Worker.Configuration.fromEnvironment(Self.environment)
        var dumped = ""
        dump(configuration, to: &dumped)
        #expect(!"\(configuration)\(String(reflecting: configuration))\(dumped)".contains("secret-part"))
    }
}
