import FoundationEssentials
import JSON
import KubernetesClient
import KubernetesTypes
import PlatformAPI

extension BotPlanning {
    /// ServiceAccount, the migration's Job, Deployment, PodDisruptionBudget and ScaledObject.
    func planWorkload(_ context: WorkerContext) async throws {
        let key = bot.workerObjectKey
        guard let wanted = WorkerManifests.deployment(context) else { return try await planRetirement(secret: false) }
        try await planAccount(context)
        let json = try await planner.find(Deployment.definition, key)
        let isOurs = try json.map { try Self.isOurs($0) } ?? false
        if let json, !isOurs {
            let found = try JSONDecoder().decode(Deployment.self, from: Data(json))
            if let failure = Adoption.deployment(wanted, found: found, bot: bot) { throw failure }
        }
        if let wait = try await planMigration(context, hasDeployment: json != nil) {
            add(try deployment(context, wanted, json, isOurs: isOurs, note: wait))
        } else if bot.spec.worker?.migration == nil || !hasFailedMigration {
            add(try deployment(context, wanted, json, isOurs: isOurs))
        }
        try await planDisruptionBudget(context)
        guard world.hasKEDA else {
            return add(.scalerReady, "KEDANotInstalled", ReplicaPlan.messageWithoutKEDA(bot))
        }
        let scaled = WorkerManifests.scaledObject(context)
        let scaledJSON = try await planner.find(ScaledObject.definition, key)
        if let authentication = WorkerManifests.triggerAuthentication(context) {
            add(try change(authentication, live: try await planner.find(TriggerAuthentication.definition, key)))
        } else if try scaledJSON.map({ try Self.hasAuthentication($0) }) == true {
            add(ObjectChange(TriggerAuthentication.definition.kind, key, .delete))
        }
        var scaler = try change(scaled, live: scaledJSON)
        if scaler.action == .create {
            scaler.note = "\(scaled.spec.minReplicaCount) to \(scaled.spec.maxReplicaCount) replicas"
        }
        add(scaler)
    }

    private var hasFailedMigration: Bool { plan.conditions.contains { $0.reason == Self.migrationFailed } }

    private static let migrationFailed = "MigrationFailed"

    /// The Job that a new image needs.
    /// - Returns: what the Deployment waits for; `nil` when it need not wait.
    private func planMigration(_ context: WorkerContext, hasDeployment: Bool) async throws -> String? {
        guard let version = MigrationManifest.version(bot.spec.worker), let wanted = MigrationManifest.job(context)
        else { return nil }
        let json = try await planner.find(Job.definition, wanted.key)
        let decision = MigrationPlan.decide(
            version: version, migrated: status.rollout?.migrated,
            job: try json.map { try ObservedJob(json: $0).status })
        let wait = "once Job \(wanted.key.name) has succeeded"
        switch decision {
        case .proceed, .succeeded: return nil
        case .create: add(try change(wanted, live: json))
        case .wait: break
        case .failed(let why):
            let message =
                "Job \(wanted.key.name) has failed (\(why)): see its log, then change spec.worker, "
                + "or delete the Job to have it run again"
            guard hasDeployment else {
                throw StepFailure(.workloadReady, Self.migrationFailed, message, retry: .onChange)
            }
            add(.workloadReady, Self.migrationFailed, message + "; the version before goes on")
            add(.ready, Self.migrationFailed, "the new version would not roll out")
            return nil
        }
        if !hasDeployment { plan.notes.append("what follows Job \(wanted.key.name) is done \(wait)") }
        return wait
    }

    /// - Parameter note: what it waits for.
    private func deployment(
        _ context: WorkerContext, _ wanted: Deployment, _ json: [UInt8]?, isOurs: Bool, note: String? = nil
    ) throws -> ObjectChange {
        let observed = isOurs ? try json.map { try ObservedDeployment(json: $0) } : nil
        let rollout = try RolloutPlan(
            context, wanted, observed, before: status.rollout,
            now: RolloutPlan.Time(seconds: BotReconciler.seconds(), text: BotReconciler.timestamp()))
        if let failure = rollout.failure(within: bot.spec.rolloutDeadline) {
            add(.workloadReady, failure.reason, failure.message)
            add(.ready, failure.reason, "the image \(rollout.image) would run")
        }
        var wanted = wanted
        wanted.spec.template.spec.containers[0].image = rollout.image
        var deployment = try change(wanted, live: json)
        guard let json else {
            let replicas = ReplicaPlan.initial(bot, hasKEDA: world.hasKEDA)
            deployment.fields.append(FieldChange("spec.replicas", old: Optional.none, new: .int(Int64(replicas))))
            deployment.note = ["image \(rollout.image), \(replicas) replica\(replicas == 1 ? "" : "s")", note]
                .compactMap { $0 }.joined(separator: ", ")
            return deployment
        }
        let present = try ObservedDeployment(json: json).replicas
        if deployment.action.isChange {
            if !isOurs { deployment.note = "taken over from somebody else" }
            if let note { deployment.note = note }
        }
        guard !world.hasKEDA, let fixed = ReplicaPlan.withoutKEDA(bot, present: present) else { return deployment }
        return deployment.with(FieldChange("spec.replicas", old: .int(Int64(present)), new: .int(Int64(fixed))))
    }

    /// Takes the worker away, from a bot without one or from one that another resource has.
    /// - Parameter secret: the worker's Secret goes, too.
    func planRetirement(secret: Bool = true) async throws {
        let key = bot.workerObjectKey
        var definitions: [ResourceDefinition] = []
        if world.hasKEDA { definitions.append(ScaledObject.definition) }
        if let form = world.budgetForm { definitions.append(form.definition) }
        definitions += [Deployment.definition, ServiceAccount.definition]
        if secret { definitions.append(Secret.definition) }
        for definition in definitions {
            guard let json = try await planner.find(definition, key), try Self.isOurs(json) else { continue }
            add(ObjectChange(definition.kind, key, .delete))
            if definition == ScaledObject.definition, try Self.hasAuthentication(json) {
                add(ObjectChange(TriggerAuthentication.definition.kind, key, .delete))
            }
        }
    }

    /// Whether a ScaledObject refers to a TriggerAuthentication, which then is the bot's own.
    private static func hasAuthentication(_ json: [UInt8]) throws -> Bool {
        try JSONDecoder().decode(ScaledObject.self, from: Data(json)).spec.triggers
            .contains { $0.authenticationRef != nil }
    }
}

extension ObjectChange {
    /// The change with one more field.
    fileprivate func with(_ field: FieldChange) -> ObjectChange {
        ObjectChange(
            kind, ObjectKey(namespace: namespace, name: name), action == .keep ? .change : action,
            fields: fields + [field], note: note)
    }
}
