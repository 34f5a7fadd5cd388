import PlatformAPI

/// Where a bot's messages have come to, at one look.
struct DeliveryLook: Sendable, Equatable {
    /// In seconds since 1970.
    var at: Int64
    /// Updates that Telegram holds.
    var pending: Int
    /// Telegram's last delivery error, and when it was, in seconds since 1970.
    var error: String?
    var errorAt: Int64?
    /// The gateway asks for updates, instead of Telegram sending them.
    var isPolled = false
    /// The sum of the incoming topic's end offsets: grows with each update that a gateway has taken.
    var taken: Int64
    /// Updates that no worker has committed, and the sum of what is committed.
    var unread: Int64
    var read: Int64
    /// Answers that no gateway has committed, and the sum of what is committed.
    var unsent: Int64
    var sent: Int64
}

/// Which hop of a bot's messages is broken: what Telegram, the gateway and the worker have done since the look before,
/// put together. Pure.
enum DeliveryHealth {
    struct Verdict: Equatable {
        let status: Bool?
        let reason: String
        let message: String

        static let good = Verdict(
            status: true, reason: "Delivering", message: "Updates reach the worker and answers reach Telegram")
    }

    /// How old an error of Telegram's may be to count: it is kept after things have mended.
    static let errorAge: Int64 = 600

    /// - Parameters:
    ///   - before: a look at least some seconds older; `nil`: what stands still cannot be told from what moves.
    ///   - hasWorker: the bot has a worker of its own.
    ///   - workers: how many of them are ready.
    static func verdict(_ now: DeliveryLook, before: DeliveryLook?, hasWorker: Bool, workers: Int) -> Verdict {
        let isRefused = now.pending > 0 && now.error != nil && now.at - (now.errorAt ?? 0) <= errorAge
        let isUnread = hasWorker && now.unread > 0
        let isUnasked = now.isPolled && now.pending > 0
        guard isRefused || isUnasked || isUnread || now.unsent > 0 else { return .good }
        guard let before else {
            return Verdict(
                status: nil, reason: "Looking",
                message: "Some messages are on their way: it is looked again whether they get on")
        }
        if isRefused, now.taken <= before.taken { return incoming(now) }
        if isUnasked, before.isPolled, before.pending > 0, now.taken <= before.taken {
            return Verdict(
                status: false, reason: "GatewayNotPolling",
                message:
                    "Telegram to gateway: \(now.pending) update(s) wait at Telegram and no gateway has put any into "
                    + "Kafka since the look before. Look at the gateway's log")
        }
        if isUnread, before.unread > 0, now.read <= before.read {
            let state = workers == 0 ? "no worker is ready" : "\(workers) worker(s) are ready but do not commit"
            return Verdict(
                status: false, reason: "WorkerNotReading",
                message: "Kafka to worker: \(now.unread) update(s) wait in Kafka and \(state)")
        }
        if now.unsent > 0, before.unsent > 0, now.sent <= before.sent {
            return Verdict(
                status: false, reason: "AnswersNotSent",
                message: "Gateway to Telegram: \(now.unsent) answer(s) wait in Kafka and no gateway sends them")
        }
        return .good
    }

    private static func incoming(_ now: DeliveryLook) -> Verdict {
        let error = now.error ?? ""
        let words = "\(now.pending) update(s) wait at Telegram, which says: \(error)"
        let status = error.split(separator: ":").last.map { $0.prefix { $0 == " " || $0.isNumber } } ?? ""
        switch status.filter(\.isNumber) {
        case "503":
            return Verdict(
                status: false, reason: "GatewayRefuses",
                message: "Gateway to Kafka: \(words). Look whether the brokers can be reached from the gateway")
        case "401", "404":
            return Verdict(
                status: false, reason: "GatewayUnaware",
                message:
                    "Telegram to gateway: \(words). The gateway does not know the bot: look at its log and at its bindings"
            )
        default:
            return Verdict(
                status: false, reason: "GatewayUnreachable",
                message: "Telegram to gateway: \(words). Look whether publicURL of the TelegramGateway can be reached")
        }
    }
}
