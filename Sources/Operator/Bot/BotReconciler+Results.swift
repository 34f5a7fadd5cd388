import KafkaClient
import PlatformAPI

extension BotReconciler {
    /// Sees to it that the results topic, of a bot that is to have one, may be used, and writes into the status that it is the
    /// bot's before it is made.
    /// - Parameter found: the topics that are there.
    func claimResults(
        _ context: WorkerContext, found: some Collection<String>, _ admin: KafkaAdmin, _ work: BotWork
    ) async throws {
        guard context.bot.spec.hasResults, work.status.kafka?.resultsTopic == nil else { return }
        let topic = context.botID.resultsTopic
        if context.bot.spec.effectiveAdoptionPolicy == .ifOwned, found.contains(topic) {
            let marked = try await TopicMarks(admin: admin).marked([topic])
            if let failure = Adoption.topics(found: [topic], marked: marked) { throw failure }
        }
        work.status.kafka?.resultsTopic = topic
        try await writeStatus(work, of: work.bot)
        FaultPoint.passed(.topicsClaimed)
    }

    /// Takes the results topic of a bot that is to have none any more. Behind the binding, so that no gateway brings it back.
    func retireResults(_ context: WorkerContext, _ work: BotWork) async throws {
        guard !context.bot.spec.hasResults, let topic = work.status.kafka?.resultsTopic else { return }
        if context.bot.spec.effectiveDeletionPolicy == .delete {
            try await remove([topic], on: try kafka.admin(context.kafka))
        }
        work.status.kafka?.resultsTopic = nil
    }

    /// Deletes topics with their marks; those that are not there any more are no failure.
    func remove(_ topics: [String], on admin: KafkaAdmin) async throws {
        do {
            try await TopicMarks(admin: admin).unmark(topics)
        } catch let error as KafkaError {
            guard error.code == .unknownTopic else { throw error }
        }
        for result in try await admin.deleteTopics(topics, timeout: settings.kafkaTimeout).values {
            if case .failure(let error) = result, error.code != .unknownTopic { throw error }
        }
    }
}

extension TelegramBotStatus.Kafka {
    /// The topics that a bot with this status owns.
    func topics(of botID: BotID) -> [String] {
        botID.topics + (resultsTopic == botID.resultsTopic ? [botID.resultsTopic] : [])
    }
}
