package import Observability

/// A bot's token, `<number>:<secret>`: whoever has it is the bot. Printing it shows the number only.
package struct BotToken: Sendable, Hashable, CustomStringConvertible, CustomReflectable {
    /// The part before the colon: the bot's user id, stable when the secret is changed.
    package let botNumber: Int64
    /// The whole token, for the one place that needs it.
    package let sensitive: Sensitive<String>

    /// Longer secrets than this are no tokens (real ones have 35 characters).
    private static let longestSecret = 128

    /// - Throws: ``TelegramError`` with code `malformedToken`; the text does not stand in it.
    package init(_ text: String) throws(TelegramError) {
        let parts = text.utf8.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        guard parts.count == 2, let number = Self.number(parts[0]),
            (1...Self.longestSecret).contains(parts[1].count), parts[1].allSatisfy(Self.isSecretByte)
        else {
            throw TelegramError(
                .malformedToken,
                "this is no bot token: it must look like 123456:AbC-dEf_1; copy it again from @BotFather")
        }
        botNumber = number
        sensitive = Sensitive(text)
    }

    package var description: String { "\(botNumber):***" }
    package var customMirror: Mirror { Mirror(self, children: ["botNumber": botNumber]) }

    private static func number(_ digits: Substring.UTF8View) -> Int64? {
        guard let first = digits.first, first != UInt8(ascii: "0"),
            digits.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
        else { return nil }
        return Int64(Substring(digits))
    }

    private static func isSecretByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default: false
        }
    }
}
