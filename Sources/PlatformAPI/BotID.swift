/// `bot_<number>`: a bot's identity, the number being what stands before the colon of its token. Names of topics, groups
/// and webhook paths are made of it.
package struct BotID: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// The bot's user id at Telegram.
    package let number: Int64

    package init(number: Int64) { self.number = number }

    /// Parses "bot_123"; `nil` for anything else, a sign or leading zeros included.
    package init?(_ text: String) {
        let prefix = "bot_".utf8
        guard text.utf8.starts(with: prefix) else { return nil }
        let digits = text.utf8.dropFirst(prefix.count)
        guard let first = digits.first, first != UInt8(ascii: "0") else { return nil }
        var number: Int64 = 0
        for digit in digits {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
            let (tens, isTooLarge) = number.multipliedReportingOverflow(by: 10)
            let (sum, isOver) = tens.addingReportingOverflow(Int64(digit - UInt8(ascii: "0")))
            if isTooLarge || isOver { return nil }
            number = sum
        }
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
