/// How gateways tell the operator of updates, so that a bot that sleeps is woken without waiting for the autoscaler's next
/// look: a record on one topic of the bots' Kafka cluster. Losing one loses no update; the autoscaler looks anyway.
package enum WakeSignal {
    /// One partition, short retention; made by the operator.
    package static let topic = "telegram-serverless_wake"
    /// How often at the most a gateway sends one for the same bot. An operator that finds a bot fallen asleep looks for
    /// unread updates until this time has passed, since the signal for them may have been held back.
    package static let interval = Duration.seconds(1)

    /// The record's value.
    package static func encode(_ botID: BotID) -> [UInt8] { Array(botID.description.utf8) }

    /// The bot of a record's value; `nil` for what is none.
    package static func decode(_ value: [UInt8]?) -> BotID? {
        value.flatMap { BotID(String(decoding: $0, as: UTF8.self)) }
    }
}
