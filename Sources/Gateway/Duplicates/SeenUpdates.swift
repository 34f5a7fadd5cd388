import PlatformAPI

/// Which updates this gateway has made safe, as far as its memory allows; pure, the clock comes from outside.
///
/// Numbers of a bot's updates follow one another, so they are kept as bits of blocks. There are two generations of blocks:
/// a number is remembered for ``window`` at least and for twice as long at most, or until so many other blocks have come
/// that the memory is full.
struct SeenUpdates: Sendable {
    typealias Instant = ContinuousClock.Instant

    /// Telegram repeats an update for 24 hours.
    static let window = Duration.seconds(25 * 3600)
    /// Updates of a block.
    static let blockSize: UInt64 = 256

    private struct Block: Hashable, Sendable {
        let bot: BotID
        let index: UInt64
    }

    private typealias Bits = SIMD4<UInt64>

    private var young: [Block: Bits] = [:]
    private var old: [Block: Bits] = [:]
    private var youngSince: Instant?
    private let maximum: Int

    /// - Parameter maximum: blocks of a generation; one takes about 100 bytes.
    init(maximum: Int = 40_000) { self.maximum = maximum }

    /// Blocks that are remembered.
    var count: Int { young.count + old.count }

    func contains(_ update: Int64, of bot: BotID) -> Bool {
        let (block, word, bit) = Self.place(update, bot)
        return ((young[block]?[word] ?? 0) | (old[block]?[word] ?? 0)) & bit != 0
    }

    mutating func insert(_ update: Int64, of bot: BotID, now: Instant) {
        let since = youngSince ?? now
        youngSince = since
        if now - since >= Self.window || young.count >= maximum {
            old = young
            young = [:]
            youngSince = now
        }
        let (block, word, bit) = Self.place(update, bot)
        young[block, default: Bits()][word] |= bit
    }

    private static func place(_ update: Int64, _ bot: BotID) -> (Block, word: Int, bit: UInt64) {
        let number = UInt64(bitPattern: update)
        let inBlock = Int(number % blockSize)
        let block = Block(bot: bot, index: number / blockSize)
        return (block, inBlock / 64, 1 << UInt64(inBlock % 64))
    }
}
