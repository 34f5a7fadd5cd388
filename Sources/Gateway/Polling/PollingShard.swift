import PlatformAPI

/// A fixed share of all bots, given to one replica as a whole.
struct PollingShard: Sendable, Hashable, Comparable {
    /// How many there are. A gateway of another version must make the same of a bot: never change it.
    static let count = 64

    /// 0 ..< ``count``.
    let number: Int

    init(number: Int) { self.number = number }

    /// The one that a bot is in. Numbers of bots that were made one after another are spread.
    init(of bot: BotID) {
        // The upper six bits of Fibonacci hashing.
        number = Int((UInt64(bitPattern: bot.number) &* 0x9e37_79b9_7f4a_7c15) >> 58)
    }

    static func < (a: PollingShard, b: PollingShard) -> Bool { a.number < b.number }

    /// Who should have which shard: as many for each replica, one more or less, and as few as can be in other hands than
    /// before. All replicas that see the same come to the same. Pure.
    /// - Parameters:
    ///   - shards: those with bots in them.
    ///   - holders: who has them now.
    ///   - replicas: those that live.
    static func shareOut(
        _ shards: Set<PollingShard>, holders: [PollingShard: String], replicas: Set<String>
    ) -> [PollingShard: String] {
        guard !replicas.isEmpty else { return [:] }
        var kept: [String: [PollingShard]] = [:]
        var free: [PollingShard] = []
        for shard in shards.sorted() {
            if let holder = holders[shard], replicas.contains(holder) {
                kept[holder, default: []].append(shard)
            } else {
                free.append(shard)
            }
        }
        // The larger shares go to those that have the most now.
        let order = replicas.sorted { (-(kept[$0]?.count ?? 0), $0) < (-(kept[$1]?.count ?? 0), $1) }
        let (share, larger) = shards.count.quotientAndRemainder(dividingBy: replicas.count)
        var result: [PollingShard: String] = [:]
        var room: [(replica: String, count: Int)] = []
        for (index, replica) in order.enumerated() {
            let quota = share + (index < larger ? 1 : 0)
            let own = kept[replica] ?? []
            for shard in own.prefix(quota) { result[shard] = replica }
            free += own.dropFirst(quota)
            room.append((replica, quota - min(quota, own.count)))
        }
        var rest = free.sorted()[...]
        for (replica, count) in room {
            for shard in rest.prefix(count) { result[shard] = replica }
            rest = rest.dropFirst(count)
        }
        return result
    }
}
