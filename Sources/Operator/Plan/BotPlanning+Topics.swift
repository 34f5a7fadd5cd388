import JSON
import KafkaClient
import KubernetesTypes
import PlatformAPI

extension BotPlanning {
    /// Topics, their settings, and the offsets of the workers' group.
    func planTopics(_ context: WorkerContext) async throws {
        do {
            try await lookAtTopics(context)
        } catch let error as KafkaError {
            plan.kafka.unknown = error.message
        }
        let botID = context.botID
        status.kafka = TelegramBotStatus.Kafka(
            incomingTopic: botID.incomingTopic, outgoingTopic: botID.outgoingTopic,
            bootstrapServers: context.gateway.spec.kafka.bootstrapServers)
    }

    private func lookAtTopics(_ context: WorkerContext) async throws {
        let botID = context.botID
        let servers = context.gateway.spec.kafka.bootstrapServers
        let admin = try planner.kafka.admin(context.kafka)
        let wanted = TopicPlan.wanted(botID: botID, bot: bot, gateway: context.gateway)
        let described = try await admin.describeTopics(wanted.map(\.name), timeout: planner.settings.kafkaTimeout)
        let found = described.compactMapValues { topic in topic.map { TopicPlan.Found($0) } }
        let isClaimed =
            status.kafka?.incomingTopic == botID.incomingTopic && status.kafka?.bootstrapServers == servers
        if !isClaimed, bot.spec.effectiveAdoptionPolicy == .ifOwned, !found.isEmpty {
            let marked = try await TopicMarks(admin: admin).marked(found.keys)
            if let failure = Adoption.topics(found: found.keys, marked: marked) { throw failure }
        }
        try await lookAtResults(botID, isClaimed: isClaimed, found: found.keys, admin)
        let topics = TopicPlan(wanted: wanted, found: found)
        var changes: [TopicChange] = []
        for topic in wanted {
            if topics.create.contains(topic) {
                changes.append(.creation(of: topic))
            } else if let growth = topics.grow.first(where: { $0.topic == topic.name }) {
                var change = TopicChange(topic.name, .change)
                change.partitions = Int(growth.partitions)
                change.oldPartitions = found[topic.name]?.partitions
                changes.append(change)
            } else {
                changes.append(TopicChange(topic.name, .keep))
            }
        }
        if topics.create.isEmpty {
            let wish = TopicPlan.fingerprint(wanted, servers: servers)
            try await lookAtSettings(botID.incomingTopic, wish: wish, admin, &changes)
        }
        plan.kafka.topics += changes
        if let present = found[botID.incomingTopic]?.partitions, topics.grow.isEmpty {
            try await lookAtOffsets(botID, partitions: max(bot.spec.partitions, present), admin)
        }
        if !topics.irreparable.isEmpty {
            let message = topics.irreparable.joined(separator: "; ")
            add(.topicsReady, "TopicDiffers", message)
            add(.ready, "TopicDiffers", "all else would be done")
        }
    }

    /// The results topic, which comes and goes with its field.
    private func lookAtResults(
        _ botID: BotID, isClaimed: Bool, found: some Collection<String>, _ admin: KafkaAdmin
    ) async throws {
        let (topic, claimed) = (botID.resultsTopic, isClaimed ? status.kafka?.resultsTopic : Optional.none)
        if !bot.spec.hasResults, claimed == topic {
            let isDeleted = bot.spec.effectiveDeletionPolicy == .delete
            var change = TopicChange(topic, isDeleted ? .delete : .keep)
            if !isDeleted { change.note = "no longer used, and kept by spec.deletionPolicy" }
            plan.kafka.topics.append(change)
        }
        guard bot.spec.hasResults, isClaimed, claimed == nil, found.contains(topic),
            bot.spec.effectiveAdoptionPolicy == .ifOwned
        else { return }
        let marked = try await TopicMarks(admin: admin).marked([topic])
        if let failure = Adoption.topics(found: [topic], marked: marked) { throw failure }
    }

    private func lookAtSettings(
        _ topic: String, wish: String, _ admin: KafkaAdmin, _ changes: inout [TopicChange]
    ) async throws {
        let wanted = bot.spec.kafka?.config ?? [:]
        let managed = status.kafka?.configured ?? []
        guard !wanted.isEmpty || !managed.isEmpty else { return }
        let present = try await admin.describeConfiguration(topic: topic)
        let differences = TopicConfigPlan.changes(wanted: wanted, managed: managed, present: present)
        guard !differences.isEmpty, let index = changes.firstIndex(where: { $0.name == topic }) else { return }
        let isDrift = status.kafka?.appliedHash == wish
        let isLeft = isDrift && bot.spec.effectiveDriftPolicy == .report
        var change = TopicChange(topic, isLeft ? changes[index].action : .change)
        change.partitions = changes[index].partitions
        change.oldPartitions = changes[index].oldPartitions
        change.settings = differences.sorted { $0.key < $1.key }.map { name, value in
            FieldChange(name, old: present[name]?.value.map { .string($0) }, new: value.map { .string($0) })
        }
        if isDrift { change.note = "changed by somebody else, and " + (isLeft ? "left so" : "put back") }
        if isLeft { drifted.append("settings \(differences.keys.sorted().joined(separator: ", ")) of topic \(topic)") }
        changes[index] = change
    }

    /// Offsets that the group lacks. Those of a topic that is made or grows are committed in any case.
    private func lookAtOffsets(_ botID: BotID, partitions: Int, _ admin: KafkaAdmin) async throws {
        let all = (0..<Int32(partitions)).map { TopicPartition(topic: botID.incomingTopic, partition: $0) }
        let committed = try await admin.committedOffsets(group: botID.workerGroup, all)
        guard all.contains(where: { (committed[$0] ?? -1) < 0 }) else { return }
        let commits = OffsetPlan.commits(start: try await admin.logStartOffsets(all), committed: committed)
        guard !commits.isEmpty else { return }
        plan.kafka.offsets.append(
            "offsets of group \(botID.workerGroup) to be committed for \(commits.count) of \(partitions) partitions")
    }
}

extension TopicChange {
    fileprivate static func creation(of topic: TopicPlan.Wanted) -> TopicChange {
        var change = TopicChange(topic.name, .create)
        change.partitions = Int(topic.partitions)
        change.replicationFactor = topic.replicationFactor > 0 ? Int(topic.replicationFactor) : Optional.none
        change.settings = topic.config.sorted { $0.key < $1.key }.map {
            FieldChange($0.key, old: Optional.none, new: .string($0.value))
        }
        return change
    }
}
