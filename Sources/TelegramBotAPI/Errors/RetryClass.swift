/// What happens when a call is carried out twice. The Bot API has no idempotency key, so this decides what may be done
/// when nobody knows whether the first try arrived.
package enum RetryClass: Sendable, Hashable {
    /// Changes nothing.
    case reads
    /// The second call finds what the first one made: the same state, or a 400 that says so.
    case converges
    /// Answers a query that takes one answer: the second gets a harmless 400.
    case answersOnce
    /// Of no use a little later: drop rather than queue.
    case ephemeral
    /// Makes something each time: a message, a link, a payment.
    case creates
    /// Takes the bot off the server: the operator's business alone.
    case session

    /// Whether a call may be repeated when its outcome is not known.
    package var isSafeToRepeat: Bool {
        switch self {
        case .reads, .converges, .answersOnce, .ephemeral: true
        case .creates, .session: false
        }
    }

    /// The class of a method, in any case. A method that is newer than the table is taken to create something, unless
    /// it is named `get…`.
    package static func of(_ method: String) -> RetryClass {
        let name = method.lowercased()
        return table[name] ?? (name.hasPrefix("get") ? .reads : .creates)
    }

    /// Whether the table has the method, in any case.
    package static func isKnown(_ method: String) -> Bool { table[method.lowercased()] != nil }

    /// The Bot API's own spelling of a method given in any case; `nil` for one that is not in the table.
    package static func canonicalName(_ method: String) -> String? { spelling[method.lowercased()] }

    private static let table: [String: RetryClass] = Dictionary(
        methods.flatMap { entry in names(entry.1).map { ($0.lowercased(), entry.0) } }, uniquingKeysWith: { $1 })
    private static let spelling: [String: String] = Dictionary(
        methods.flatMap { names($0.1).map { ($0.lowercased(), $0) } }, uniquingKeysWith: { $1 })

    private static func names(_ text: String) -> [String] {
        text.split(whereSeparator: \.isWhitespace).map { String($0) }
    }
}
