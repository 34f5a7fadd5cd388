import Cryptography
import FoundationEssentials
import JSON
import KubernetesClient
import KubernetesTypes
import Observability
import PlatformAPI

extension BotPlanning {
    // MARK: Secrets

    /// The worker's Secret and the gateway's binding.
    func planSecrets(_ context: WorkerContext) async throws -> WebhookSecrets {
        let workerKey = bot.workerObjectKey
        let workerJSON = try await planner.find(Secret.definition, workerKey)
        let worker = try workerJSON.map { try ObservedSecret(json: $0) }
        if let worker, worker.digest == nil, bot.spec.effectiveAdoptionPolicy == .ifOwned {
            throw Adoption.secretNotOwned(workerKey)
        }
        add(try change(WorkerManifests.secret(context), live: workerJSON))
        let key = ObjectKey(namespace: context.gateway.metadata.namespace, name: context.botID.bindingName)
        let json = try await planner.find(Secret.definition, key)
        let secrets = try await webhookSecrets(json.flatMap { try ObservedSecret(json: $0).webhookSecrets }, context)
        add(try change(BindingManifest.secret(context, secrets), live: json))
        for old in try await bindings(of: context.botID) where old != key {
            add(ObjectChange(Secret.definition.kind, old, .delete, note: "the binding of a gateway used before"))
        }
        return secrets
    }

    /// The alias that the worker would have in its token's place.
    func planAlias(_ context: WorkerContext) async throws -> Sensitive<String>? {
        let key = ObjectKey(namespace: context.gateway.metadata.namespace, name: context.botID.bindingName)
        let json = try await planner.find(Secret.definition, key)
        if let known = try json.flatMap({ try ObservedSecret(json: $0).alias }) { return known }
        guard context.gateway.spec.botAPIProxy != nil else { return nil }
        plan.notes.append("the worker gets an alias of its token, which is good at the gateway's Bot API proxy alone")
        // Only stands for the one that the operator would make.
        return try AliasToken.make(context.botID)
    }

    private func webhookSecrets(_ known: WebhookSecrets?, _ context: WorkerContext) async throws -> WebhookSecrets {
        let now = BotReconciler.seconds()
        // Only stands for the one that the operator would make.
        let fresh = { try SecureRandom.token(length: 48) }
        guard let known else {
            return WebhookSecrets(
                values: [try fresh()], tokenFingerprint: context.token.fingerprint, request: bot.rotationRequest,
                since: now)
        }
        let step = known.step(
            context, told: status.webhook, now: now, overlap: planner.settings.webhookSecretOverlap)
        switch step {
        case .keep: break
        case .exchange: plan.notes.append("the webhook gets a new secret; the old one is taken until Telegram uses it")
        case .retire: plan.notes.append("the webhook's former secret is no longer taken")
        }
        return try known.after(
            step, tokenFingerprint: context.token.fingerprint, request: bot.rotationRequest, now: now, fresh: fresh)
    }

    /// The binding Secrets of this resource for a bot, in whatever namespaces.
    func bindings(of botID: BotID) async throws -> [ObjectKey] {
        guard !isNew else { return [] }
        var options = ListOptions()
        options.labelSelector =
            "\(Labels.managedBy)=\(Labels.managedByValue),\(Labels.component)=\(Labels.bindingComponent),"
            + "\(Labels.botID)=\(botID)"
        do {
            return try await planner.client.listAll(Secret.self, options: options).items
                .filter { $0.metadata.annotations?[Annotations.owner] == bot.key.description }.map(\.key).sorted()
        } catch let error as KubernetesError {
            guard error.isForbidden else { throw error }
            plan.notes.append(
                "this user may not list Secrets of all namespaces: bindings of a gateway used before are not noticed")
            return []
        }
    }

    /// What was made for the bot that the resource was before.
    func release(_ former: BotID, _ context: WorkerContext) async throws {
        let others = world.bots.filter { $0.status?.botID == former.description }
        if TokenPlan.elder(of: bot, among: others) == nil {
            plan.notes.append("the resource was \(former) and becomes \(context.botID): its worker is made anew")
            if let url = status.webhook?.url { plan.notes.append("the webhook of \(former) is taken away: \(url)") }
            for binding in try await bindings(of: former) where binding.name == former.bindingName {
                add(ObjectChange(Secret.definition.kind, binding, .delete))
            }
            if bot.spec.effectiveDeletionPolicy == .delete, status.kafka?.incomingTopic == former.incomingTopic {
                plan.kafka.topics += (status.kafka?.topics(of: former) ?? []).map { TopicChange($0, .delete) }
            }
        }
        status.webhook = nil
        status.kafka = nil
        status.profile = nil
    }

    // MARK: Differences

    /// Puts an object into the plan.
    func add(_ change: ObjectChange) { plan.kubernetes.append(change) }

    /// Whether an object carries the platform's label.
    static func isOurs(_ json: [UInt8]) throws -> Bool {
        struct Head: Decodable { let metadata: ObjectMeta }
        return try JSONDecoder().decode(Head.self, from: Data(json)).metadata.labels?[Labels.managedBy]
            == Labels.managedByValue
    }

    /// What becomes of an object that the operator applies.
    /// - Parameter live: the object's JSON; `nil` when there is none.
    func change<Object: KubernetesResource>(_ wanted: Object, live: [UInt8]?) throws -> ObjectChange {
        let difference = try ApplyDifference(wanted, observed: try live.map { try LeafDigest(json: $0) })
        let kind = Object.definition.kind
        guard difference.kind != .none else { return ObjectChange(kind, wanted.key, .keep) }
        let present = try live.map { try JSONDecoder().decode(JSONValue.self, from: Data($0)) }
        let isSecret = kind == Secret.definition.kind
        let stated = try JSONDecoder().decode(JSONValue.self, from: Data(difference.json))
        let diff = ObjectDiff(
            wanted: isSecret ? BindingDiff.opened(stated) : stated,
            live: isSecret ? present.map(BindingDiff.opened) : present,
            owned: present.flatMap { ObjectDiff.owned(by: FieldManager.main, of: $0) }
        ) { path in (isSecret && BindingDiff.isSecret(path)) || path.contains(Annotations.secretHash) }
        guard present != nil else {
            // The uid of a TelegramBot that is still to be made is not known.
            let fields = diff.fields.filter { !$0.path.hasPrefix("metadata.ownerReferences") }
            return ObjectChange(kind, wanted.key, .create, fields: fields)
        }
        if difference.kind == .drift, bot.spec.effectiveDriftPolicy == .report {
            drifted.append("\(kind) \(wanted.key)")
            return ObjectChange(
                kind, wanted.key, .keep, fields: diff.fields, note: "changed by somebody else, and left so")
        }
        var note = difference.kind == .drift ? "changed by somebody else, and put back" : Optional.none
        if diff.fields.isEmpty { note = "only its fingerprint \(Annotations.appliedHash)" }
        return ObjectChange(kind, wanted.key, .change, fields: diff.fields, note: note)
    }
}
