import KafkaClient
import Observability
import TestRig
import Testing

/// A consumer may be closed in whatever state its group is. librdkafka 2.0.2 ends the program in some of them, so a failure
/// here is a crash.
@Suite struct ClosingTests {
    private let settings = ConsumerSettings(groupID: "g", partitionAssignmentStrategy: "cooperative-sticky")

    /// Reads until the time has passed, then leaves.
    private func read(_ consumer: KafkaConsumer, for duration: Duration) async throws {
        let deadline = ContinuousClock.now + duration
        while ContinuousClock.now < deadline {
            _ = try await consumer.nextBatch(timeout: min(.milliseconds(20), deadline - .now))
        }
    }

    /// Each closes at another step of its join.
    @Test func consumersCloseWhileTheyJoin() async throws {
        let cluster = try MockCluster()
        cluster.createTopic("t", partitions: 4)
        cluster.setRoundTrip(milliseconds: 50)
        let configuration = cluster.configuration()
        try await withThrowingTaskGroup { group in
            for index in 0..<80 {
                group.addTask {
                    var settings = settings
                    settings.groupID = "g\(index)"
                    let consumer = try KafkaConsumer(configuration, settings: settings, logger: .silent)
                    try consumer.subscribe(["t"])
                    try await read(consumer, for: .milliseconds(index * 50))
                    await consumer.close(timeout: .seconds(20))
                }
            }
            try await group.waitForAll()
        }
        try await Task.sleep(for: .seconds(1))
    }

    /// A change of the subscription that waits for a rebalance must not come to life in a consumer that has ended.
    @Test func consumersCloseWhileASubscriptionWaits() async throws {
        let cluster = try MockCluster()
        for index in 0..<4 { cluster.createTopic("t\(index)") }
        cluster.setRoundTrip(milliseconds: 50)
        let configuration = cluster.configuration()
        try await withThrowingTaskGroup { group in
            for index in 0..<40 {
                group.addTask {
                    var settings = settings
                    settings.groupID = "g\(index)"
                    let consumer = try KafkaConsumer(configuration, settings: settings, logger: .silent)
                    try consumer.subscribe(["t0"])
                    while consumer.assignment.isEmpty { try await read(consumer, for: .milliseconds(50)) }
                    try consumer.subscribe(["t0", "t1"])
                    try await read(consumer, for: .milliseconds(index * 20))
                    try consumer.subscribe(["t0", "t1", "t2"])
                    try await read(consumer, for: .milliseconds(index % 4))
                    await consumer.close(timeout: .seconds(20))
                }
            }
            try await group.waitForAll()
        }
        try await Task.sleep(for: .seconds(1))
    }
}
