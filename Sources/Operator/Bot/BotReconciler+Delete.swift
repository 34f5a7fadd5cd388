import Concurrency
import ControllerRuntime
import FoundationEssentials
import KafkaClient
import KubernetesClient
import KubernetesTypes
import Observability
import PlatformAPI
import TelegramBotAPI

extension BotReconciler {
    func ensureFinalizer(_ bot: TelegramBot) async throws {
        guard bot.metadata.finalizers?.contains(BotFinalizer.name) != true else { return }
        _ = try await Finalizers.ensure(BotFinalizer.name, on: bot, client, fieldManager: FieldManager.main)
        FaultPoint.passed(.finalizerAdded)
    }

    /// Takes everything back in the reverse order of its making: webhook, scaler and workload, Secret, binding, topics.
    /// What does not answer delays the end, but no longer than the settings' patience; then an Event says what was left.
    func delete(_ bot: TelegramBot) async throws -> ReconcileResult {
        guard bot.metadata.finalizers?.contains(BotFinalizer.name) == true else { return .done }
        // The watch may still show what has been let go: a bot that is applied again meanwhile must not be taken back.
        guard memory[bot.key].released != bot.metadata.uid else { return .done }
        var leftovers: [String] = []
        let botID = bot.status?.botID.flatMap { BotID($0) }
        // A second resource of the same bot never owned what is outside of its namespace.
        let isOwner = botID.map { stores.elder(of: bot, botID: $0) == nil } ?? false
        let gateway = gateway(of: bot)

        if isOwner, let botID {
            try await take(back: "the webhook of \(botID)", of: bot, &leftovers) {
                try await removeWebhook(bot, gateway)
                FaultPoint.passed(.webhookRemoved)
            }
            try await endPolling(bot)
            if let waiting = await WorkerSlot.waiting({ await undrained(bot, botID, gateway) }) {
                await tellDelay(waiting, of: bot)
                return .requeue(after: Self.drainLook)
            }
        }
        try await deleteWorker(bot)
        if stores.secrets.get(bot.workerObjectKey)?.digest != nil {
            try await deleteIfThere(Secret.self, bot.workerObjectKey)
            FaultPoint.passed(.workerSecretDeleted)
        }
        for binding in stores.secrets.keys(in: BotStores.Index.owner, at: bot.key.description) {
            try await deleteIfThere(Secret.self, binding)
        }
        if isOwner, let botID {
            if let gateway {
                let key = ObjectKey(namespace: gateway.metadata.namespace, name: botID.bindingName)
                try await deleteIfThere(Secret.self, key)
                FaultPoint.passed(.bindingDeleted)
            }
            if bot.spec.effectiveDeletionPolicy == .delete {
                try await take(back: "the topics and the consumer group of \(botID)", of: bot, &leftovers) {
                    try await removeTopics(bot, botID, gateway)
                }
            }
        }
        if !leftovers.isEmpty {
            // One Event: repeats of a reason are folded, and the second text would be lost.
            events.record(
                regarding: bot.reference, type: .warning, reason: "LeftBehind", action: "Delete",
                note: "could not be taken back and stays: \(leftovers.joined(separator: "; "))")
        }
        _ = try await Finalizers.remove(BotFinalizer.name, from: bot, client, fieldManager: FieldManager.main)
        FaultPoint.passed(.finalizerRemoved)
        memory.forget(bot.key)
        memory.update(bot.key) { $0.released = bot.metadata.uid }
        logger.info("bot is deleted", ["bot": .string("\(bot.key)"), "bot_id": .string(bot.status?.botID ?? "")])
        return .done
    }

    /// What workers and gateway have still to do with messages that would be deleted, as a sentence; `nil` when nothing,
    /// when nobody does it, when the time for it is over or when Kafka cannot be asked.
    private func undrained(_ bot: TelegramBot, _ botID: BotID, _ gateway: TelegramGateway?) async -> String? {
        guard bot.spec.effectiveDeletionPolicy == .delete, age(ofDeletion: bot) < settings.drainTimeout,
            bot.status?.kafka?.incomingTopic == botID.incomingTopic,
            let servers = bot.status?.kafka?.bootstrapServers, let gateway
        else { return nil }
        do {
            let admin = try kafka.admin(await access(to: servers, gateway))
            if stores.deployments.get(bot.workerObjectKey)?.replicas ?? 0 > 0 {
                let partitions = max(bot.spec.partitions, memory[bot.key].partitions ?? 0)
                let unread = try await flow(
                    botID.incomingTopic, group: botID.workerGroup, partitions: partitions, admin
                ).lag
                if unread > 0 { return "\(unread) update(s) are still to be answered by the worker" }
            }
            let unsent = try await flow(
                botID.outgoingTopic, group: TelegramGateway.senderGroup(gateway.key), partitions: 1, admin
            ).lag
            return unsent > 0 ? "\(unsent) answer(s) are still to be sent by the gateway" : nil
        } catch {
            logger.debug("drain was not looked at", ["bot": .string("\(bot.key)"), "error": .string("\(error)")])
            return nil
        }
    }

    /// How often it is looked whether all is answered.
    private static let drainLook = Duration.seconds(1)

    private func deleteWorker(_ bot: TelegramBot) async throws {
        if hasKEDA, stores.scaledObjects.get(bot.workerObjectKey) != nil || bot.metadata.deletionTimestamp != nil {
            try await deleteIfThere(ScaledObject.self, bot.workerObjectKey)
            FaultPoint.passed(.scalerDeleted)
        }
        if stores.triggerAuthentications.get(bot.workerObjectKey) != nil {
            try await deleteIfThere(TriggerAuthentication.self, bot.workerObjectKey)
        }
        try await removeDisruptionBudget(bot.workerObjectKey)
        if stores.deployments.get(bot.workerObjectKey) != nil {
            try await deleteIfThere(Deployment.self, bot.workerObjectKey)
            FaultPoint.passed(.deploymentDeleted)
        }
        for job in stores.jobs.keys(in: BotStores.Index.owner, at: bot.key.description) {
            try await deleteIfThere(Job.self, job)
        }
        // After what runs as it.
        try await removeAccount(bot.workerObjectKey)
    }

    /// Ends the worker of a resource whose bot belongs to an older one: two workers in one group would share its updates.
    func retireDuplicate(_ bot: TelegramBot) async throws {
        try await deleteWorker(bot)
        guard stores.secrets.get(bot.workerObjectKey)?.digest != nil else { return }
        try await deleteIfThere(Secret.self, bot.workerObjectKey)
    }

    /// Takes back what was made for the bot that a resource was, before it becomes another one. The worker's Secret stays:
    /// it is written anew, and until then has the token by which the webhook is turned off.
    func release(_ former: BotID, of work: BotWork) async throws {
        let bot = work.bot
        let gateway = gateway(of: bot)
        if stores.elder(of: bot, botID: former) == nil {
            try await step(.tokenValid) {
                if let token = try await tokenFromWorkerSecret(bot), token.botNumber == former.number {
                    try await WorkerSlot.waiting { try await removeWebhook(bot, gateway, token) }
                }
                try await deleteWorker(bot)
                for binding in stores.secrets.keys(in: BotStores.Index.owner, at: bot.key.description)
                where binding.name == former.bindingName { try await deleteIfThere(Secret.self, binding) }
                if bot.spec.effectiveDeletionPolicy == .delete {
                    try await WorkerSlot.waiting { try await removeTopics(bot, former, gateway) }
                }
            }
        }
        events.record(
            regarding: bot.reference, type: .normal, reason: "BotIdentityChanged", action: "Reconcile",
            note: "the resource was \(former) and becomes \(work.botID), as spec.botID says")
        work.status.webhook = nil
        work.status.kafka = nil
        work.status.profile = nil
        memory.update(bot.key) { entry in
            entry.topics = nil
            entry.webhookCheckedAt = nil
            entry.profile = nil
        }
    }

    /// Tries something outside Kubernetes. A failure is thrown, to be tried again, until the patience has run out.
    private func take(
        back what: String, of bot: TelegramBot, _ leftovers: inout [String], _ body: () async throws -> Void
    ) async throws {
        do {
            try await WorkerSlot.waiting(body)
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            guard age(ofDeletion: bot) > settings.deletionPatience else {
                await tellDelay("\(what) cannot be taken back yet: \(error)", of: bot)
                // Workers need a moment to leave their group: no reason to alarm anybody.
                if age(ofDeletion: bot) > Self.quietDelay {
                    events.record(
                        regarding: bot.reference, type: .warning, reason: "DeletionDelayed", action: "Delete",
                        note: "\(what) cannot be taken back yet: \(error)")
                }
                throw error
            }
            leftovers.append("\(what): \(error)")
        }
    }

    /// What a deletion waits for, in the status.
    private func tellDelay(_ message: String, of bot: TelegramBot) async {
        let work = BotWork(bot: bot, now: Self.timestamp())
        // No trouble yet: an Event comes when it lasts.
        work.conditions.summarize(failure: StepFailure(.ready, "Deleting", message))
        do {
            try await writeStatus(work, of: bot)
        } catch {
            logger.debug("the status was not written", ["bot": .string("\(bot.key)"), "error": .string("\(error)")])
        }
    }

    /// How long a deletion may be delayed before anybody is told.
    private static let quietDelay = Duration.seconds(30)

    private func age(ofDeletion bot: TelegramBot) -> Duration {
        guard let text = bot.metadata.deletionTimestamp,
            case .success(let since) = Result(catching: { try Date(text, strategy: .iso8601) })
        else { return .zero }
        return .seconds(Date().timeIntervalSince(since))
    }

    /// Turns the webhook off when it is still ours. A token that is gone or refused has no webhook to turn off.
    private func removeWebhook(_ bot: TelegramBot, _ gateway: TelegramGateway?) async throws {
        guard bot.status?.webhook?.url != nil else { return }
        let token: BotToken
        do {
            token = try BotToken(try await readToken(bot).token.value)
        } catch is StepFailure {
            // The token's Secret may go together with the bot, and with its namespace the worker's copy, too.
            // In the worker's copy an alias may stand, so the binding is asked first.
            if let kept = try await tokenFromBinding(bot) {
                token = kept
            } else if let kept = try await tokenFromWorkerSecret(bot) {
                token = kept
            } else {
                return
            }
        } catch is TelegramError {
            return
        }
        try await removeWebhook(bot, gateway, token)
    }

    private func removeWebhook(_ bot: TelegramBot, _ gateway: TelegramGateway?, _ token: BotToken) async throws {
        guard let url = bot.status?.webhook?.url else { return }
        // The status remembers which server was told: the gateway may be another one by now, or gone.
        guard let server = bot.status?.webhook?.apiBaseURL ?? gateway?.spec.apiBaseURL else { return }
        let telegram = TelegramClient(http: http, baseURL: server, logger: logger)
        let limit = settings.telegramTimeout
        do {
            guard try await telegram.getWebhookInfo(token: token, timeout: limit).url == url else { return }
            try await telegram.deleteWebhook(token: token, timeout: limit)
        } catch {
            guard error.isTokenRefused else { throw error }
        }
    }

    /// The owner may delete the token's Secret together with the bot: the worker's copy is still there.
    private func tokenFromWorkerSecret(_ bot: TelegramBot) async throws -> BotToken? {
        guard let text = try await client.find(Secret.self, bot.workerObjectKey)?.string(WorkerEnvironment.botToken)
        else { return nil }
        return try BotToken(text)
    }

    private func tokenFromBinding(_ bot: TelegramBot) async throws -> BotToken? {
        for key in stores.secrets.keys(in: BotStores.Index.owner, at: bot.key.description) {
            guard let secret = try await client.find(Secret.self, key),
                case .success(let binding) = Result(catching: { () throws(BindingError) in try Binding(secret) })
            else { continue }
            return try BotToken(binding.token)
        }
        return nil
    }

    private func removeTopics(_ bot: TelegramBot, _ botID: BotID, _ gateway: TelegramGateway?) async throws {
        // Topics that were never claimed are somebody else's.
        guard let claim = bot.status?.kafka, claim.incomingTopic == botID.incomingTopic else { return }
        guard let servers = claim.bootstrapServers ?? gateway?.spec.kafka.bootstrapServers else { return }
        let admin = try kafka.admin(await access(to: servers, gateway))
        // First the group: it is refused while workers are still in it, and they would bring topics back.
        do {
            try await admin.deleteGroup(botID.workerGroup)
        } catch let error as KafkaError {
            guard error.code == .unknownGroup else { throw error }
        }
        FaultPoint.passed(.groupDeleted)
        try await remove(claim.topics(of: botID), on: admin)
        FaultPoint.passed(.topicsDeleted)
    }
}
