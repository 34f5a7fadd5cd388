import ControllerRuntime
import FoundationEssentials
import KafkaClient
import KubernetesTypes
import PlatformAPI

extension BotReconciler {
    /// Sees to it that the topics may be used: they are made by the platform, or not there yet, or the owner of the bot has
    /// them taken over. Then writes into the status whose topics they are, before any is made.
    func claimTopics(_ context: WorkerContext, _ work: BotWork) async throws {
        let botID = context.botID
        let servers = context.gateway.spec.kafka.bootstrapServers
        let claim = TelegramBotStatus.Kafka(
            incomingTopic: botID.incomingTopic, outgoingTopic: botID.outgoingTopic, bootstrapServers: servers)
        let isClaimed =
            work.status.kafka?.incomingTopic == claim.incomingTopic
            && work.status.kafka?.bootstrapServers == servers
        if !isClaimed {
            try await step(.topicsReady) {
                if context.bot.spec.effectiveAdoptionPolicy == .ifOwned {
                    try await WorkerSlot.waiting { try await refuseForeignTopics(botID, context.kafka) }
                }
            }
            work.status.kafka = claim
        }
        guard !isClaimed || work.bot.status?.botID != botID.description else { return }
        work.status.botID = botID.description
        try await step(.topicsReady) { try await writeStatus(work, of: work.bot) }
        FaultPoint.passed(.topicsClaimed)
    }

    private func refuseForeignTopics(_ botID: BotID, _ access: KafkaAccess) async throws {
        let admin = try kafka.admin(access)
        let found = try await admin.describeTopics(botID.topics, timeout: settings.kafkaTimeout)
            .compactMap { $0.value == nil ? nil : $0.key }
        guard !found.isEmpty else { return }
        let marked = try await TopicMarks(admin: admin).marked(found)
        if let failure = Adoption.topics(found: found, marked: marked) { throw failure }
    }

    /// Makes the topics and commits the log-start offsets of the worker's group before the first message.
    func ensureTopics(_ context: WorkerContext, _ work: BotWork) async throws {
        let botID = context.botID
        let key = context.bot.key
        let servers = context.gateway.spec.kafka.bootstrapServers
        let wanted = TopicPlan.wanted(botID: botID, bot: context.bot, gateway: context.gateway)
        let wish = TopicPlan.fingerprint(wanted, servers: servers)
        if let known = memory[key].topics, known.wish == wish, known.access == context.kafka.hashValue,
            clock.now - known.at < settings.resyncInterval * 0.8, work.conditions[.topicsReady]?.status == .true
        {
            return
        }

        let admin = try kafka.admin(context.kafka)
        let found = try await admin.describeTopics(wanted.map(\.name), timeout: settings.kafkaTimeout)
            .compactMapValues { topic in topic.map { TopicPlan.Found($0) } }
        try await claimResults(context, found: found.keys, admin, work)
        let plan = TopicPlan(wanted: wanted, found: found)
        memory.update(key) { $0.partitions = found[botID.incomingTopic]?.partitions }
        if !plan.create.isEmpty { try await create(plan.create, on: admin) }
        FaultPoint.passed(.topicsCreated)
        for growth in plan.grow {
            try await admin.createPartitions(topic: growth.topic, total: growth.partitions)
        }
        let hasDrifted = try await ensureConfiguration(context, wish: wish, isNew: !plan.create.isEmpty, admin, work)
        let isRefreshDue = !plan.create.isEmpty || isRefreshDue(key)
        try await commitOffsets(
            botID, partitions: max(work.bot.spec.partitions, found[botID.incomingTopic]?.partitions ?? 0),
            isRefreshDue: isRefreshDue, admin)
        FaultPoint.passed(.offsetsCommitted)
        if isRefreshDue {
            try await TopicMarks(admin: admin).mark(wanted.map(\.name), owner: key.description)
            memory.update(key) { $0.refreshedAt = clock.now }
            FaultPoint.passed(.topicsMarked)
        }
        work.status.kafka?.appliedHash = wish
        work.status.kafka?.configured = context.bot.spec.kafka?.config?.keys.sorted()

        // Said, but no reason to hold back the rest: the topic works.
        guard plan.irreparable.isEmpty else {
            work.conditions.set(
                .topicsReady, .false, "TopicDiffers", plan.irreparable.joined(separator: "; "), stalls: true)
            return
        }
        if !hasDrifted { memory.update(key) { $0.topics = (wish, context.kafka.hashValue, clock.now) } }
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
                if error.code == .authorization { throw error }
                throw StepFailure(.topicsReady, "TopicNotCreated", "topic \(topic): \(error.message)")
            }
        }
    }

    /// Sees to the settings of the incoming topic.
    /// - Returns: whether there is a difference that was left.
    private func ensureConfiguration(
        _ context: WorkerContext, wish: String, isNew: Bool, _ admin: KafkaAdmin, _ work: BotWork
    ) async throws -> Bool {
        let topic = context.botID.incomingTopic
        let wanted = context.bot.spec.kafka?.config ?? [:]
        let managed = work.status.kafka?.configured ?? []
        guard !isNew, !wanted.isEmpty || !managed.isEmpty else { return false }
        let present = try await admin.describeConfiguration(topic: topic)
        let changes = TopicConfigPlan.changes(wanted: wanted, managed: managed, present: present)
        guard !changes.isEmpty else { return false }
        let name = "settings \(changes.keys.sorted().joined(separator: ", ")) of topic \(topic)"
        let isDrift = work.status.kafka?.appliedHash == wish
        if isDrift, context.bot.spec.effectiveDriftPolicy == .report {
            work.note(.drifted, name)
            return true
        }
        try await admin.alterConfiguration(topic: topic, changes)
        if isDrift { work.note(.repaired, name) }
        return false
    }

    /// Commits the log's start where the group has committed nothing, and what it has committed again from time to time:
    /// brokers forget the offsets of a group that sleeps, and its worker would begin anew.
    private func commitOffsets(
        _ botID: BotID, partitions: Int, isRefreshDue: Bool, _ admin: KafkaAdmin
    ) async throws {
        let all = (0..<Int32(partitions)).map { TopicPartition(topic: botID.incomingTopic, partition: $0) }
        let committed = try await admin.committedOffsets(group: botID.workerGroup, all)
        // Only where something is missing is it worth asking where the log begins.
        guard isRefreshDue || all.contains(where: { (committed[$0] ?? -1) < 0 }) else { return }
        let start = try await admin.logStartOffsets(all)
        let commits = OffsetPlan.commits(start: start, committed: committed, refreshes: isRefreshDue)
        guard !commits.isEmpty else { return }
        do {
            try await admin.commitOffsets(group: botID.workerGroup, commits)
        } catch let error as KafkaError {
            // Workers that are awake commit themselves.
            guard error.code == .groupBusy, all.allSatisfy({ (committed[$0] ?? -1) >= 0 }) else { throw error }
        }
    }

    /// After a restart the first of each bot is drawn over the interval, so that they do not all come at once.
    private func isRefreshDue(_ key: ObjectKey) -> Bool {
        guard let last = memory[key].refreshedAt else {
            let age = settings.offsetRefreshInterval * Double.random(in: 0...1)
            memory.update(key) { $0.refreshedAt = clock.now - age }
            return false
        }
        return clock.now - last > settings.offsetRefreshInterval
    }
}

extension BotID {
    /// The topics that every bot has.
    var topics: [String] { [incomingTopic, outgoingTopic, deadLetterTopic] }
}
