import Cryptography
import KafkaClient
import KubernetesTypes
import PlatformAPI

extension BotReconciler {
    /// Makes the topics and commits the log-start offsets of the worker's group before the first message.
    func ensureTopics(_ context: WorkerContext, _ work: BotWork) async throws {
        let botID = context.botID
        let servers = context.gateway.spec.kafka.bootstrapServers
        let wanted = TopicPlan.wanted(botID: botID, bot: context.bot, gateway: context.gateway)
        work.status.kafka = TelegramBotStatus.Kafka(
            incomingTopic: botID.incomingTopic, outgoingTopic: botID.outgoingTopic, bootstrapServers: servers)
        let wish = "\(servers) \(wanted)"
        if let known = memory[context.bot.key].topics, known.wish == wish,
            clock.now - known.at < settings.resyncInterval * 0.8, work.conditions[.topicsReady]?.status == .true
        {
            return
        }

        let admin = try kafka.admin(servers)
        let found = try await admin.describeTopics(wanted.map(\.name), timeout: settings.kafkaTimeout)
            .compactMapValues { $0?.partitions.count }
        let plan = TopicPlan(wanted: wanted, found: found)
        if !plan.create.isEmpty { try await create(plan.create, on: admin) }
        for growth in plan.grow {
            try await admin.createPartitions(topic: growth.topic, total: growth.partitions)
        }
        if let wantedConfig = context.bot.spec.kafka?.config, !wantedConfig.isEmpty, plan.create.isEmpty {
            let present = try await admin.describeConfiguration(topic: botID.incomingTopic)
            let different = wantedConfig.filter { present[$0.key]?.value != $0.value }
            if !different.isEmpty { try await admin.alterConfiguration(topic: botID.incomingTopic, different) }
        }
        try await commitStartOffsets(
            botID, partitions: max(work.bot.spec.partitions, found[botID.incomingTopic] ?? 0), admin)

        // Said, but no reason to hold back the rest: the topic works.
        guard plan.irreparable.isEmpty else {
            work.conditions.set(.topicsReady, .false, "TopicDiffers", plan.irreparable.joined(separator: "; "))
            return
        }
        memory.update(context.bot.key) { $0.topics = (wish, clock.now) }
        work.conditions.set(
            .topicsReady, .true, "TopicsCreated",
            "Topics \(botID.incomingTopic) and \(botID.outgoingTopic) exist and offsets are committed")
    }

    private func create(_ topics: [TopicPlan.Wanted], on admin: KafkaAdmin) async throws {
        let results = try await admin.createTopics(
            topics.map {
                NewTopic(
                    name: $0.name, partitions: $0.partitions, replicationFactor: $0.replicationFactor,
                    config: $0.config)
            }, timeout: settings.kafkaTimeout)
        for (topic, result) in results.sorted(by: { $0.key < $1.key }) {
            // "Exists" is what was wanted: an earlier try that was not seen to its end.
            if case .failure(let error) = result, error.code != .topicExists {
                throw StepFailure(.topicsReady, "TopicNotCreated", "topic \(topic): \(error.message)")
            }
        }
    }

    private func commitStartOffsets(_ botID: BotID, partitions: Int, _ admin: KafkaAdmin) async throws {
        let all = (0..<Int32(partitions)).map { TopicPartition(topic: botID.incomingTopic, partition: $0) }
        let committed = try await admin.committedOffsets(group: botID.workerGroup, all)
        // Only where something is missing is it worth asking where the log begins.
        guard all.contains(where: { (committed[$0] ?? -1) < 0 }) else { return }
        let start = try await admin.logStartOffsets(all)
        let commits = OffsetPlan.commits(start: start, committed: committed)
        guard !commits.isEmpty else { return }
        try await admin.commitOffsets(group: botID.workerGroup, commits)
    }
}
