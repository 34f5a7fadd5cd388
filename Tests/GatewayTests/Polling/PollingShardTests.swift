import PlatformAPI
import Testing

@testable import Gateway

@Suite struct PollingShardTests {
    private let all = Set((0..<PollingShard.count).map { PollingShard(number: $0) })

    private func shareOut(
        _ holders: [PollingShard: String], _ replicas: Set<String>, shards: Set<PollingShard>? = nil
    ) -> [PollingShard: String] {
        PollingShard.shareOut(shards ?? all, holders: holders, replicas: replicas)
    }

    private func counts(_ shares: [PollingShard: String]) -> [Int] {
        Dictionary(grouping: shares.values) { $0 }.values.map(\.count).sorted()
    }

    @Test func botsAreSpreadOverTheShards() {
        for first in [1, 4200, 7_000_000_000] as [Int64] {
            let bots = (0..<6400).map { PollingShard(of: BotID(number: first + $0)) }
            #expect(bots.allSatisfy { all.contains($0) })
            let sizes = Dictionary(grouping: bots) { $0 }.values.map(\.count)
            #expect(sizes.count == 64 && sizes.min() ?? 0 >= 50 && sizes.max() ?? 0 <= 150)
        }
        // Two replicas of different versions must agree.
        #expect([1, 42, 4200, 5_000_000_001].map { PollingShard(of: BotID(number: $0)).number } == [39, 61, 47, 23])
    }

    @Test func eachReplicaHasAboutAsMany() {
        #expect(shareOut([:], []).isEmpty)
        #expect(counts(shareOut([:], ["a"])) == [64])
        #expect(counts(shareOut([:], ["a", "b", "c"])) == [21, 21, 22])
        let few = Set([PollingShard(number: 7), PollingShard(number: 9)])
        #expect(counts(shareOut([:], ["a", "b", "c"], shards: few)) == [1, 1])
    }

    @Test func asFewAsCanBeMove() {
        let one = shareOut([:], ["a"])
        let two = shareOut(one, ["a", "b"])
        #expect(counts(two) == [32, 32])
        #expect(shareOut(two, ["a", "b"]) == two, "what is fair stays")
        let three = shareOut(two, ["a", "b", "c"])
        #expect(counts(three) == [21, 21, 22])
        #expect(three.filter { $0.value != "c" }.allSatisfy { two[$0.key] == $0.value })
        // One dies: the others keep theirs and share its.
        let left = shareOut(three, ["a", "c"])
        #expect(counts(left) == [32, 32])
        #expect(three.filter { $0.value != "b" }.allSatisfy { left[$0.key] == $0.value })
    }
}
