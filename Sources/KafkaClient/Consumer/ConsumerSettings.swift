import Concurrency

/// How a consumer joins its group and how much it reads ahead. Commits are always manual.
package struct ConsumerSettings: Sendable {
    package var groupID: String
    /// Where to begin without a committed offset.
    package var autoOffsetReset: OffsetReset
    /// Static membership: a consumer that comes back under this name within the session time-out gets its partitions back
    /// without a rebalance.
    package var groupInstanceID: String?
    /// A member that sends no heartbeat for so long is expelled.
    package var sessionTimeout: Duration
    /// A member that asks for no batch for so long leaves the group.
    package var maxPollInterval: Duration
    /// Read-ahead stops at so many records. librdkafka before 2.2 looks again only a second later, so keep it well above
    /// what is processed in a second.
    package var maxBufferedRecords: Int
    /// Read-ahead stops at so many bytes.
    package var maxBufferedBytes: Int
    /// librdkafka's names: "range", "roundrobin", "cooperative-sticky".
    package var partitionAssignmentStrategy: String
    /// How long a rebalance handler may take; then the rebalance goes on without it.
    package var rebalanceTimeout: Duration

    /// By librdkafka's names.
    package enum OffsetReset: String, Sendable {
        case earliest, latest
        /// Reading throws instead.
        case error
    }

    package init(
        groupID: String, autoOffsetReset: OffsetReset = .earliest, groupInstanceID: String? = nil,
        sessionTimeout: Duration = .seconds(45), maxPollInterval: Duration = .seconds(300),
        maxBufferedRecords: Int = 100_000, maxBufferedBytes: Int = 16 << 20,
        partitionAssignmentStrategy: String = "range,roundrobin", rebalanceTimeout: Duration = .seconds(30)
    ) {
        self.groupID = groupID
        self.autoOffsetReset = autoOffsetReset
        self.groupInstanceID = groupInstanceID
        self.sessionTimeout = sessionTimeout
        self.maxPollInterval = maxPollInterval
        self.maxBufferedRecords = maxBufferedRecords
        self.maxBufferedBytes = maxBufferedBytes
        self.partitionAssignmentStrategy = partitionAssignmentStrategy
        self.rebalanceTimeout = rebalanceTimeout
    }

    /// librdkafka's names for it.
    var properties: [(String, String)] {
        let fixed = [
            ("group.id", groupID), ("enable.auto.commit", "false"), ("enable.auto.offset.store", "false"),
            ("auto.offset.reset", autoOffsetReset.rawValue),
            ("session.timeout.ms", "\(max(1, sessionTimeout.milliseconds))"),
            ("max.poll.interval.ms", "\(max(1, maxPollInterval.milliseconds))"),
            ("queued.min.messages", "\(max(1, maxBufferedRecords))"),
            ("queued.max.messages.kbytes", "\(max(1, maxBufferedBytes / 1024))"),
            ("fetch.queue.backoff.ms", "20"),
            ("partition.assignment.strategy", partitionAssignmentStrategy),
        ]
        return fixed + (groupInstanceID.map { [("group.instance.id", $0)] } ?? [])
    }
}
