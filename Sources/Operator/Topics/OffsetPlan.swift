import KafkaClient

/// Which offsets to commit for a bot's group so that it sleeps and wakes as it should: an autoscaler that finds a
/// partition without a committed offset either never lets the bot sleep or never wakes it. Pure.
enum OffsetPlan {
    /// - Parameters:
    ///   - start: the log-start offset of every partition.
    ///   - committed: what the group has committed; absent or negative where it has not.
    ///   - refreshes: whether what is committed is to be committed again before the broker forgets it.
    /// - Returns: the offsets to commit; empty when all is there. An offset below the log's start (after a truncation)
    ///   counts as none.
    static func commits(
        start: [TopicPartition: Int64], committed: [TopicPartition: Int64], refreshes: Bool = false
    ) -> [TopicPartition: Int64] {
        var commits: [TopicPartition: Int64] = [:]
        for (partition, first) in start {
            let offset = committed[partition] ?? -1
            if offset < first { commits[partition] = first } else if refreshes { commits[partition] = offset }
        }
        return commits
    }
}
