import KubernetesTypes
import PlatformAPI

extension BotPlanning {
    /// The account of the bot's pods.
    func planAccount(_ context: WorkerContext) async throws {
        let key = bot.workerObjectKey
        let json = try await planner.find(ServiceAccount.definition, key)
        let isOurs = try json.map { try Self.isOurs($0) } ?? false
        guard let wanted = WorkerManifests.serviceAccount(context) else {
            if isOurs {
                add(ObjectChange(ServiceAccount.definition.kind, key, .delete, note: "once no pod runs as it"))
            }
            return
        }
        if json != nil, !isOurs {
            if context.account?.named != nil { return }
            if bot.spec.effectiveAdoptionPolicy == .ifOwned { throw Adoption.accountNotOwned(key) }
        }
        add(try change(wanted, live: json))
    }
}
