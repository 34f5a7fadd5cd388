import FoundationEssentials
import KubernetesTypes
import PlatformAPI

extension BotPlanning {
    /// The bot's PodDisruptionBudget.
    func planDisruptionBudget(_ context: WorkerContext) async throws {
        guard let form = world.budgetForm else { return }
        try await plan(form.version, form, context)
    }

    private func plan<Version: PolicyVersion>(
        _ version: Version.Type, _ form: DisruptionBudgetForm, _ context: WorkerContext
    ) async throws {
        let key = bot.workerObjectKey
        let json = try await planner.find(PodDisruptionBudget<Version>.definition, key)
        let isOurs = try json.map { try Self.isOurs($0) } ?? false
        let kind = PodDisruptionBudget<Version>.definition.kind
        let foreign = world.foreignBudget(selecting: context.podLabels, besides: key)
        guard let wanted = WorkerManifests.disruptionBudget(version, context, form), foreign == nil else {
            if isOurs {
                let note = foreign.map { "\($0) is for the bot's pods, too: two would keep them from being evicted" }
                add(ObjectChange(kind, key, .delete, note: note))
            }
            return
        }
        if let json, !isOurs {
            let found = try JSONDecoder().decode(PodDisruptionBudget<Version>.self, from: Data(json))
            if let failure = Adoption.disruptionBudget(wanted, found: found, bot: bot) { throw failure }
        }
        add(try change(wanted, live: json))
    }
}
