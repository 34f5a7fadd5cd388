import ControllerRuntime
import KafkaClient
import KubernetesTypes
import PlatformAPI
import TelegramBotAPI

extension BotReconciler {
    /// Puts together what Telegram, gateway and worker say of the bot's messages. Only when Telegram has been asked in this
    /// reconcile: that is seldom while all is well.
    func judgeDelivery(_ context: WorkerContext, _ work: BotWork) async throws {
        let key = context.bot.key
        guard context.bot.spec.suspend == nil else {
            memory.update(key) { entry in
                entry.delivery = nil
                entry.isDeliveryInDoubt = false
            }
            return work.conditions.remove(.delivering)
        }
        guard let info = work.webhookInfo else { return }
        let look: DeliveryLook
        do {
            look = try await deliveryLook(context, info, isWebhookNew: work.isWebhookNew)
        } catch let error as KafkaError {
            work.conditions.set(.delivering, .unknown, "KafkaUnavailable", error.message)
            memory.update(key) { $0.isDeliveryInDoubt = true }
            return work.lookAgain(in: Self.doubtInterval)
        }
        work.status.kafka?.lag = look.unread
        let workers = stores.deployments.get(context.bot.workerObjectKey)?.status.readyReplicas ?? 0
        let verdict = DeliveryHealth.verdict(
            look, before: memory[key].delivery, hasWorker: context.bot.spec.worker != nil, workers: workers)
        let before = work.conditions[.delivering]
        work.conditions.set(
            .delivering, verdict.status.map { $0 ? .true : .false } ?? .unknown, verdict.reason, verdict.message)
        memory.update(key) { entry in
            entry.delivery = look
            // That Telegram takes an address proves little: it is looked soon how deliveries go.
            entry.isDeliveryInDoubt = verdict.status != true || work.isWebhookNew
        }
        if memory[key].isDeliveryInDoubt { work.lookAgain(in: Self.doubtInterval) }
        if verdict.status == false, before?.reason != verdict.reason {
            events.record(
                regarding: context.bot.reference, type: .warning, reason: verdict.reason, action: "Deliver",
                note: verdict.message)
        }
    }

    /// How soon a bot is looked at again whose messages may be standing still.
    static let doubtInterval = Duration.seconds(30)

    private func deliveryLook(
        _ context: WorkerContext, _ info: WebhookInfo, isWebhookNew: Bool
    ) async throws -> DeliveryLook {
        let botID = context.botID
        let admin = try kafka.admin(context.kafka)
        let incoming = try await flow(
            botID.incomingTopic, group: botID.workerGroup, partitions: partitions(of: context), admin)
        let outgoing = try await flow(
            botID.outgoingTopic, group: TelegramGateway.senderGroup(context.gateway.key), partitions: 1, admin)
        // What Telegram says of a webhook that was there before does not concern this one.
        return DeliveryLook(
            at: Self.seconds(), pending: info.pendingUpdateCount, error: isWebhookNew ? nil : info.lastErrorMessage,
            errorAt: info.lastErrorDate, isPolled: context.bot.spec.updateMode == .polling, taken: incoming.end,
            unread: incoming.lag, read: incoming.committed,
            unsent: outgoing.lag, sent: outgoing.committed)
    }

    private func partitions(of context: WorkerContext) -> Int {
        max(context.bot.spec.partitions, memory[context.bot.key].partitions ?? 0)
    }

    /// The sums over a topic's partitions. Where the group has committed nothing, all from the log's beginning is behind.
    func flow(
        _ topic: String, group: String, partitions: Int, _ admin: KafkaAdmin
    ) async throws -> (end: Int64, committed: Int64, lag: Int64) {
        let all = (0..<Int32(partitions)).map { TopicPartition(topic: topic, partition: $0) }
        let ends = try await admin.logEndOffsets(all)
        let committed = try await admin.committedOffsets(group: group, all)
        var start: [TopicPartition: Int64] = [:]
        let uncommitted = all.filter { committed[$0] == nil && ends[$0] ?? 0 > 0 }
        if !uncommitted.isEmpty { start = try await admin.logStartOffsets(uncommitted) }
        let lag = all.reduce(Int64(0)) { sum, partition in
            sum + max(0, (ends[partition] ?? 0) - (committed[partition] ?? start[partition] ?? 0))
        }
        return (ends.values.reduce(0, +), committed.values.reduce(0, +), lag)
    }
}
