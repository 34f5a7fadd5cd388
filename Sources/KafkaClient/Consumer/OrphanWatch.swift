import Concurrency
package import Observability

/// Notices topics that exist, that a group has subscribed to, and that none of its members reads.
///
/// The group's leader asks a broker for the topics' partitions when it shares them out. A broker that does not know a young
/// topic yet (or for a moment no more) makes it leave that topic out; and when the topic is back in librdkafka's next
/// look, that is no change of the subscription, so the group is not shared out again (seen with librdkafka 2.0.2). Joining
/// anew with another consumer heals it.
package final class OrphanWatch: Sendable {
    private let configuration: KafkaConfiguration
    private let groupID: String
    private let consumer: KafkaConsumer
    private let interval: Duration
    private let logger: Logger
    private let found = Locked<Set<String>>([])

    /// - Parameters:
    ///   - consumer: a member of the group.
    ///   - interval: the time between two looks, but 2 s at most once something was found. Brokers are asked only while
    ///     this member, once it was given its share, does not read all topics itself.
    package init(
        _ configuration: KafkaConfiguration, groupID: String, consumer: KafkaConsumer,
        interval: Duration = .seconds(5), logger: Logger
    ) {
        self.configuration = configuration
        self.groupID = groupID
        self.consumer = consumer
        self.interval = interval
        self.logger = logger
    }

    /// Topics that nobody read at the last two looks; empty unless this member is the one to act upon it, so that not
    /// all join anew.
    package var orphans: Set<String> { found.withLock { $0 } }

    /// Looks until the task is cancelled.
    /// - Parameter topics: what the group should read at present.
    package func run(topics: @Sendable () -> [String]) async {
        var admin: KafkaAdmin?
        var before: Set<String> = []
        while await sleepUnlessCancelled(for: before.isEmpty ? interval : min(interval, .seconds(2))) {
            let mine = Set(consumer.assignment.map(\.topic))
            let missing = Set(topics()).subtracting(mine)
            var unread: Set<String> = []
            if consumer.wasAssigned, !missing.isEmpty {
                do {
                    let client = try admin ?? KafkaAdmin(configuration, logger: logger)
                    admin = client
                    unread = try await look(for: missing, client)
                } catch let error as KafkaError where error.code == .unsupported {
                    // librdkafka 2.0.2 uses what it has freed after such an answer, and may end the program when asked again.
                    logger.debug("this broker does not describe groups", ["error": .string("\(error)")])
                    break
                } catch {
                    // Brokers that are away are told elsewhere.
                    logger.debug("looking for unread topics failed", ["error": .string("\(error)")])
                }
            }
            let twice = unread.intersection(before)
            found.withLock { $0 = twice }
            before = unread
        }
        await admin?.close()
    }

    private func look(for missing: Set<String>, _ admin: KafkaAdmin) async throws -> Set<String> {
        let group = try await admin.describeGroup(groupID)
        guard group.state == .stable, group.members.map(\.id).min() == consumer.memberID else { return [] }
        let unread = missing.subtracting(group.readTopics)
        guard !unread.isEmpty else { return [] }
        let described = try await admin.describeTopics(unread.sorted(), timeout: .seconds(10))
        return unread.filter { described[$0].flatMap { $0 }?.partitions.isEmpty == false }
    }
}
