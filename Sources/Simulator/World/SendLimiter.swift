/// Telegram's limits on sending, as far as they are known: about a message a second per chat with short bursts, 20 a
/// minute per group, about 30 a second per bot. Each is a leaky bucket.
struct SendLimiter: Sendable {
    private struct Bucket: Sendable {
        /// When the bucket would be empty.
        var emptyAt = Duration.zero

        /// How long to wait until one more fits; zero when it fits now.
        func wait(_ now: Duration, interval: Duration, burst: Int) -> Duration {
            max(.zero, emptyAt - now - interval * (burst - 1))
        }

        mutating func add(_ now: Duration, interval: Duration) { emptyAt = max(emptyAt, now) + interval }
    }

    private static let perChat = (interval: Duration.seconds(1), burst: 3)
    private static let perGroup = (interval: Duration.seconds(3), burst: 20)
    private static let perBot = (interval: Duration.seconds(1) / 30, burst: 30)
    /// Chats whose buckets are empty are forgotten when there are more than these.
    private static let rememberedChats = 10_000

    private var bot = Bucket()
    private var chats: [Int64: Bucket] = [:]

    /// Counts a message if it may be sent, else says after how many seconds it may.
    mutating func take(chat: Int64, isGroup: Bool, now: Duration) -> Int? {
        let rule = isGroup ? Self.perGroup : Self.perChat
        let bucket = chats[chat] ?? Bucket()
        let wait = max(
            bucket.wait(now, interval: rule.interval, burst: rule.burst),
            bot.wait(now, interval: Self.perBot.interval, burst: Self.perBot.burst))
        guard wait == .zero else { return Int(wait.components.seconds) + 1 }
        if chats.count > Self.rememberedChats { chats = chats.filter { $0.value.emptyAt > now } }
        chats[chat, default: bucket].add(now, interval: rule.interval)
        bot.add(now, interval: Self.perBot.interval)
        return nil
    }
}
