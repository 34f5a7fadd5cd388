import KafkaClient
import PlatformAPI

/// The updates of one bot between its incoming topic and `getUpdates`: what was read, what was given out, what the bot has
/// confirmed, and so what may be committed. Pure.
///
/// An `offset` confirms what was *given out* below it, nothing else: partitions are read side by side, so an update with a
/// lower number may still come.
struct PollState: Sendable {
    private struct Entry: Sendable {
        let updateID: Int64
        let partition: TopicPartition
        let offset: Int64
        let update: [UInt8]
        var isGiven = false
    }

    /// Not confirmed, as they were read.
    private var entries: [Entry] = []
    /// The offset behind the last record that was read.
    private var next: [TopicPartition: Int64]
    /// What the group has committed.
    private(set) var committed: [TopicPartition: Int64]

    /// So much is given out at a time, or one update.
    private static let mostBytes = 8 << 20

    /// - Parameter committed: where reading begins; a partition without an offset begins at the log's start.
    init(committed: [TopicPartition: Int64] = [:]) {
        self.committed = committed
        next = committed
    }

    /// Updates that are not confirmed.
    var count: Int { entries.count }

    /// Records that may be read: no more is held than can be given out at once.
    var room: Int { max(0, PollRequest.most - entries.count) }

    /// Where reading has come to.
    func isBehind(_ ends: [TopicPartition: Int64]) -> Bool { ends.contains { (next[$0.key] ?? 0) < $0.value } }

    /// Takes what was read.
    /// - Returns: how many records are no updates; they are passed over.
    mutating func admit(_ messages: [KafkaMessage]) -> Int {
        var malformed = 0
        for message in messages {
            next[message.topicPartition] = message.offset + 1
            guard let update = TopicUpdate(message) else {
                malformed += 1
                continue
            }
            entries.append(
                Entry(
                    updateID: update.id, partition: message.topicPartition, offset: message.offset, update: update.json)
            )
        }
        return malformed
    }

    /// The bot has what was given out below `offset`.
    mutating func confirm(below offset: Int64) { entries.removeAll { $0.isGiven && $0.updateID < offset } }

    /// Forgets all but the newest `count`.
    mutating func keep(newest count: Int) {
        guard entries.count > count else { return }
        let kept = Set(entries.sorted { $0.updateID < $1.updateID }.suffix(count).map(\.updateID))
        entries.removeAll { !kept.contains($0.updateID) }
    }

    /// What is to be committed: each partition up to its first update that is not confirmed.
    var committable: [TopicPartition: Int64] {
        var offsets = next
        for entry in entries { offsets[entry.partition] = min(offsets[entry.partition] ?? entry.offset, entry.offset) }
        return offsets.filter { committed[$0.key] != $0.value }
    }

    mutating func didCommit(_ offsets: [TopicPartition: Int64]) { committed.merge(offsets) { $1 } }

    /// Gives out the updates that have waited longest, in the order of their numbers; those that were given out before and
    /// not confirmed again.
    mutating func give(limit: Int) -> [[UInt8]] {
        var given: [Entry] = []
        var last: [TopicPartition: Int64] = [:]
        var bytes = 0
        var closed: Set<TopicPartition> = []
        for index in entries.indices where !closed.contains(entries[index].partition) {
            let entry = entries[index]
            // Telegram begins anew with its numbers now and then. What has the lower number then is the later one: its time
            // comes when those before it are confirmed.
            if let before = last[entry.partition], entry.updateID < before {
                closed.insert(entry.partition)
                continue
            }
            guard given.count < limit, given.isEmpty || bytes + entry.update.count <= Self.mostBytes else { break }
            last[entry.partition] = entry.updateID
            bytes += entry.update.count
            entries[index].isGiven = true
            given.append(entry)
        }
        return given.sorted { $0.updateID < $1.updateID }.map(\.update)
    }
}
