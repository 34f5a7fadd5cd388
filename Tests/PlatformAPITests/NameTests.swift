import Testing

@testable import PlatformAPI

@Suite struct NameTests {
    @Test func allNamesAreMadeOfTheNumber() {
        let botID = BotID(number: 123)
        #expect("\(botID)" == "bot_123")
        #expect(botID.incomingTopic == "bot_123_incoming")
        #expect(botID.outgoingTopic == "bot_123_outgoing")
        #expect(botID.deadLetterTopic == "bot_123_dead_letter")
        #expect(botID.workerGroup == "bot_123_workers")
        #expect(botID.webhookPath == "/webhook/bot_123")
        #expect(botID.bindingName == "binding-bot-123")
    }

    @Test(arguments: [1, 7_000_000_000, Int64.max]) func botIDsReadBack(number: Int64) {
        #expect(BotID("bot_\(number)") == BotID(number: number))
    }

    @Test(arguments: [
        "", "bot_", "bot_0", "bot_-1", "bot_+1", "bot_01", "bot_1 ", " bot_1", "Bot_1", "bot1", "1", "bot_1x", "bot_１",
        "bot_9223372036854775808",
    ])
    func otherTextIsNoBotID(text: String) { #expect(BotID(text) == nil) }

    @Test func botIDsAreInTheOrderOfTheirNumbers() {
        #expect([BotID(number: 10), BotID(number: 9)].sorted() == [BotID(number: 9), BotID(number: 10)])
    }

    @Test func reservedVariablesAreAllThatTheWorkerGets() {
        #expect(
            WorkerEnvironment.reserved == [
                "BOT_ID", "BOT_TOKEN", "KAFKA_BROKERS", "KAFKA_INCOMING_TOPIC", "KAFKA_OUTGOING_TOPIC",
                "KAFKA_RESULTS_TOPIC", "KAFKA_CONSUMER_GROUP", "TELEGRAM_API_BASE_URL", "KAFKA_SECURITY_PROTOCOL",
                "KAFKA_SASL_MECHANISM",
                "KAFKA_SSL_ENDPOINT_IDENTIFICATION_ALGORITHM", "KAFKA_SASL_USERNAME", "KAFKA_SASL_PASSWORD",
                "KAFKA_SSL_CA", "KAFKA_SSL_CERTIFICATE", "KAFKA_SSL_KEY",
            ])
    }

    @Test(arguments: [
        ("30s", Duration.seconds(30)), ("2m", .seconds(120)), ("1h30m", .seconds(5400)), ("500ms", .milliseconds(500)),
        ("1m500ms", .milliseconds(60_500)), ("0s", .zero), ("999999999h", .seconds(3600 * 999_999_999)),
    ])
    func durationsAreRead(text: String, duration: Duration) { #expect(DurationText.parse(text) == duration) }

    @Test(arguments: [
        "", "30", "s", "-1s", "1.5s", "1 s", "1S", "1d", "30s ", "1s2", "1us", "1000000000s", "３s", "1sm",
    ])
    func otherTextIsNoDuration(text: String) { #expect(DurationText.parse(text) == nil) }
}
