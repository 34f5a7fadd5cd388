import ControllerRuntime
import FoundationEssentials
import KubernetesClient
import KubernetesTypes
import PlatformAPI

extension GatewayReconciler {
    /// Makes and keeps what the gateway consists of, and takes away what it no longer does.
    func ensureObjects(_ work: GatewayWork) async throws {
        guard work.gateway.spec.isManaged else { return try await release(work) }
        let context = try await step(.workloadReady) { try makeContext(work.gateway) }
        for part in GatewayPart.allCases {
            let condition: ConditionType = part == .ingress || part == .httpRoute ? .exposed : .workloadReady
            try await step(condition) { try await ensure(part, context, work) }
        }
        judge(context, work)
    }

    private func makeContext(_ gateway: TelegramGateway) throws -> GatewayContext {
        guard let image = gateway.spec.image ?? settings.image else {
            throw StepFailure(
                .workloadReady, "ImageUnknown",
                "spec.image of TelegramGateway \(gateway.key) is absent, and the operator knows no image of its own: "
                    + "give one of them, the operator's by --image", retry: .onChange)
        }
        return GatewayContext(
            gateway: gateway, image: image, secretFingerprint: try secretFingerprint(gateway), kinds: kinds())
    }

    private func ensure(_ part: GatewayPart, _ context: GatewayContext, _ work: GatewayWork) async throws {
        let wanted = GatewayManifests.objects(part, context)
        for object in wanted {
            do {
                if part == .deployment {
                    try await ensureDeployment(object, context, work)
                } else {
                    let observed = stores.store(part).get(object.key)
                    if observed == nil { try await refuseForeign(object) }
                    work.note(
                        try await applier.ensure(object, observed: observed?.digest),
                        "\(object.definition.kind) \(object.key)")
                }
            } catch let error as KubernetesError where error.isInvalid {
                // By its own rules or by an admission policy: the same again would not help.
                throw StepFailure(
                    .workloadReady, "\(object.definition.kind)Refused",
                    "\(error.message); change the spec of TelegramGateway \(context.gateway.key)", retry: .onChange)
            }
        }
        let names = Set(wanted.map(\.key))
        for key in stores.keys(part, of: context.gateway.key) where !names.contains(key) { try await remove(part, key) }
    }

    /// What is there under that name and was not made for a gateway is left alone.
    private func refuseForeign(_ object: StatedObject) async throws {
        let found: Head
        do {
            found = try JSONDecoder().decode(
                Head.self, from: Data(try await client.rawGet(object.definition, object.key)))
        } catch let error as KubernetesError where error.isNotFound {
            return
        }
        let labels = found.metadata.labels ?? [:]
        guard labels[Labels.managedBy] == Labels.managedByValue, labels[Labels.gateway] != nil else {
            let kind = object.definition.kind
            throw StepFailure(
                .workloadReady, "\(kind)NotOwned",
                "\(kind) \(object.key) exists and is not the platform's: delete or rename it", retry: .onChange)
        }
    }

    private struct Head: Decodable { let metadata: ObjectMeta }

    /// The Deployment without its number of replicas, which is stated apart as long as no autoscaler has it: see
    /// docs/architecture.md, "Replicas".
    private func ensureDeployment(
        _ wanted: StatedObject, _ context: GatewayContext, _ work: GatewayWork
    ) async throws {
        let observed = stores.store(.deployment).get(wanted.key)
        let count = context.spec.effectiveReplicas
        var outcome = ApplyOutcome.written
        if let observed, observed.isHandedOver {
            outcome = try await applier.ensure(wanted, observed: observed.digest)
            // Without an autoscaler in the cluster the least number is better than any.
            let isScaled = count.isScaled && context.kinds.autoscaler != nil
            if !isScaled, observed.replicas != count.effectiveMin {
                try await hold(count.effectiveMin, wanted.key)
            }
        } else {
            if observed == nil {
                try await refuseForeign(wanted)
                let first = GatewayManifests.deployment(context, replicas: count.effectiveMin)
                _ = try await client.apply(
                    json: Applier.stamped(first), definition: first.definition, key: first.key,
                    fieldManager: FieldManager.main, force: true)
            }
            try await hold(observed?.replicas ?? count.effectiveMin, wanted.key)
            try await applier.ensure(wanted, observed: nil)
        }
        work.note(outcome, "\(wanted.definition.kind) \(wanted.key)")
        let isNew = outcome == .written || outcome == .repaired
        work.set(.programmed, GatewayHealth.programmed(wanted.key.name, observed, isNew: isNew))
    }

    private func hold(_ replicas: Int, _ key: ObjectKey) async throws {
        _ = try await client.apply(
            ReplicaHolder(key: key, replicas: replicas), fieldManager: FieldManager.scale, force: true)
    }

    private func judge(_ context: GatewayContext, _ work: GatewayWork) {
        let key = ObjectKey(namespace: context.gateway.metadata.namespace, name: context.objectName)
        let deployment = stores.store(.deployment).get(key)
        let count = context.spec.effectiveReplicas
        work.status.replicas = TelegramGatewayStatus.Replicas(
            current: deployment?.count("replicas") ?? 0, ready: deployment?.count("readyReplicas") ?? 0,
            min: count.effectiveMin, max: count.effectiveMax)
        work.set(.workloadReady, GatewayHealth.workload(key.name, deployment))

        let exposing: (part: GatewayPart, name: String) =
            switch context.spec.exposureType {
            case .none, .loadBalancer: (.service, context.publicServiceName)
            case .ingress: (.ingress, context.objectName)
            case .httpRoute: (.httpRoute, context.objectName)
            }
        let object = stores.store(exposing.part).get(ObjectKey(namespace: key.namespace, name: exposing.name))
        let hasKind = exposing.part != .httpRoute || context.kinds.httpRoute != nil
        let exposed = GatewayHealth.exposed(context, object, hasKind: hasKind)
        work.status.address = exposed?.address
        if let verdict = exposed?.verdict {
            work.set(.exposed, verdict, stalls: !hasKind)
        } else {
            work.conditions.remove(.exposed)
        }
    }

    /// A gateway that others deploy: what was made for it while the operator ran it goes, in the reverse order.
    private func release(_ work: GatewayWork) async throws {
        for part in GatewayPart.allCases.reversed() {
            for key in stores.keys(part, of: work.gateway.key) {
                try await step(.ready) { try await remove(part, key) }
            }
        }
        for type: ConditionType in [.workloadReady, .programmed, .exposed] { work.conditions.remove(type) }
        work.status.replicas = nil
        work.status.address = nil
    }

    private func remove(_ part: GatewayPart, _ key: ObjectKey) async throws {
        let served: ResourceDefinition? =
            switch part {
            case .disruptionBudget: kinds().budget?.definition
            case .autoscaler: kinds().autoscaler
            case .httpRoute: kinds().httpRoute
            default: part.definitions[0]
            }
        guard let served else { return }
        do {
            try await client.delete(served, key, options: DeleteOptions(propagationPolicy: .background))
        } catch let error as KubernetesError where error.isNotFound {
            return
        }
    }
}
