import ControllerRuntime
import FoundationEssentials
import KubernetesClient
import KubernetesTypes
import Observability
import PlatformAPI

extension BotReconciler {
    /// Writes the status when it differs from the one that is there, and says in an Event what changed for the owner.
    func writeStatus(_ work: BotWork, of bot: TelegramBot) async throws {
        var status = work.status
        status.conditions = work.conditions.list
        status.observedGeneration = bot.metadata.generation
        guard status != bot.status else { return }
        let patch = StatusHolder(key: bot.key, status: status)
        do {
            _ = try await client.apply(
                patch, fieldManager: FieldManager.main, force: true, subresource: .status)
        } catch let error as KubernetesError where error.isNotFound {
            // Deleted meanwhile: there is nobody left to tell.
            return
        }
        memory.update(bot.key) { $0.status = (bot.metadata.uid, status) }
        // The watch may have been faster than the answer.
        if let seen = stores.bots.get(bot.key) { memory.seen(seen) }
        report(status, before: bot.status, of: bot, isTrouble: work.isInTrouble)
    }

    private func report(
        _ status: TelegramBotStatus, before: TelegramBotStatus?, of bot: TelegramBot, isTrouble: Bool
    ) {
        let ready = ConditionType.ready.rawValue
        guard let now = status.conditions?.first(where: { $0.type == ready }) else { return }
        let then = before?.conditions?.first { $0.type == ready }
        guard now.status != then?.status || now.reason != then?.reason else { return }
        logger.info(
            "bot is \(now.status == .true ? "ready" : "not ready")",
            ["bot": .string("\(bot.key)"), "bot_id": .string(status.botID ?? ""), "reason": .string(now.reason)])
        events.record(
            regarding: bot.reference, type: isTrouble ? .warning : .normal, reason: now.reason,
            action: "Reconcile", note: now.message)
    }
}

/// A TelegramBot of which only the status is stated.
struct StatusHolder: KubernetesResource {
    static let definition = TelegramBot.definition

    var metadata: ObjectMeta
    var status: TelegramBotStatus?

    init(key: ObjectKey, status: TelegramBotStatus) {
        metadata = ObjectMeta(name: key.name, namespace: key.namespace)
        self.status = status
    }
}

extension TelegramBot {
    /// How Events name the bot.
    var reference: ObjectReference {
        ObjectReference(
            apiVersion: Self.definition.apiVersion, kind: Self.definition.kind, namespace: metadata.namespace,
            name: metadata.name ?? "", uid: metadata.uid)
    }
}
