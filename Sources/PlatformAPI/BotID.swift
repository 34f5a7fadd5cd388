/// `bot_<number>`: a bot's identity, the number being what stands before the colon of its token. Names of topics, groups
/// and webhook paths are made of it.
package struct BotID: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// The bot's user id at Telegram.
    package let number: Int64

    package init(number: Int64) { self.number = number }

    /// Parses "bot_123"; `nil` for anything else, a sign or leading zeros included.
    package init?(_ text: String) {
        guard text.hasPrefix("bot_"), let number = Int64(text.dropFirst(4)), number > 0, "bot_\(number)" == text
        else { return nil }
        self.number = number
    }

    package var description: String { "bot_\(number)" }

    package var incomingTopic: String { "\(self)_incoming" }
    package var outgoingTopic: String { "\(self)_outgoing" }
    package var deadLetterTopic: String { "\(self)_dead_letter" }
    /// Only of bots that ask for it.
    package var resultsTopic: String { "\(self)_results" }
    /// The consumer group of the bot's workers.
    package var workerGroup: String { "\(self)_workers" }
    /// The path that Telegram posts to.
    package var webhookPath: String { "/webhook/\(self)" }
    /// The Secret in the gateway's namespace.
    package var bindingName: String { "binding-bot-\(number)" }

    package static func < (a: BotID, b: BotID) -> Bool { a.number < b.number }
}
