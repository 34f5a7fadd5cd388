import ControllerRuntime
import FoundationEssentials
import JSON
import KubernetesClient
import KubernetesTypes
import PlatformAPI

extension BotPlanner {
    /// What the bots of a plan share.
    func observe(_ input: PlanInput) async throws -> PlanWorld {
        guard try await client.hasResource(TelegramBot.definition) else {
            throw PlanError(
                .cluster,
                "the cluster at \(client.configuration.server) has no \(TelegramBot.definition.plural): "
                    + "apply the definitions in crds/ first")
        }
        var world = PlanWorld()
        world.hasKEDA = try await client.hasResource(ScaledObject.definition)
        let spaces = Set(input.bots.compactMap(\.key.namespace)).sorted()
        if let bots = try await list(TelegramBot.self, namespace: nil) {
            world.bots = bots
        } else {
            world.notes.append(
                "this user may not list TelegramBots of all namespaces: an older one with the same bot elsewhere "
                    + "is not noticed")
            for space in spaces { world.bots += try await list(TelegramBot.self, namespace: space) ?? [] }
        }
        if let gateways = try await list(TelegramGateway.self, namespace: nil) {
            for gateway in gateways { world.gateways[gateway.key] = gateway }
        } else {
            world.notes.append(
                "this user may not list TelegramGateways of all namespaces: only those that bots name are known")
            for document in input.bots {
                guard let name = document.spec["gatewayRef"]?["name"]?.stringValue else { continue }
                let space = document.spec["gatewayRef"]?["namespace"]?.stringValue ?? document.key.namespace
                let key = ObjectKey(namespace: space, name: name)
                world.gateways[key] = try await client.find(TelegramGateway.self, key)
            }
        }
        for document in input.gateways {
            let spec = try document.decoded(
                TelegramGatewaySpec.self, document.spec, kind: TelegramGateway.definition.kind)
            world.gateways[document.key] = TelegramGateway(document, spec: spec, live: world.gateways[document.key])
        }
        try await observeBudgets(of: spaces, &world)
        for secret in input.secrets { world.secrets[secret.key] = secret }
        return world
    }

    private func observeBudgets(of namespaces: [String], _ world: inout PlanWorld) async throws {
        let served = try await VersionedListWatcher.find(DisruptionBudgetForm.definitions, client)
        world.budgetForm = DisruptionBudgetForm(served)
        guard let definition = served?.definition else { return }
        let isBeta = definition == PodDisruptionBudget<PolicyV1Beta1>.definition
        do {
            for namespace in namespaces {
                var found: [ObjectKey: ObservedDisruptionBudget] = [:]
                _ = try await client.rawListAll(definition, namespace: namespace) {
                    found = [:]
                } page: { page in
                    for json in page {
                        let name = try JSONDecoder().decode(Head.self, from: Data(json)).metadata.name ?? ""
                        found[ObjectKey(namespace: namespace, name: name)] = try ObservedDisruptionBudget(
                            json: json, isBeta: isBeta)
                    }
                }
                world.budgets.merge(found) { $1 }
            }
        } catch let error as KubernetesError {
            guard error.isForbidden else { throw error }
            world.notes.append(
                "this user may not list PodDisruptionBudgets: one of somebody else's for the bot's pods is not noticed")
        }
    }

    private struct Head: Decodable { let metadata: ObjectMeta }

    /// All objects of a kind that can be read; `nil` when the user may not list them.
    private func list<Object: KubernetesResource>(
        _ type: Object.Type, namespace: String?
    ) async throws -> [Object]? {
        var objects: [Object] = []
        do {
            _ = try await client.rawListAll(Object.definition, namespace: namespace) {
                objects = []
            } page: { page in
                // One that somebody stored before a rule existed is no obstacle for the others.
                objects += page.compactMap { json in
                    let object = Result { try JSONDecoder().decode(Object.self, from: Data(json)) }
                    if case .success(let object) = object { return object }
                    return Optional.none
                }
            }
        } catch let error as KubernetesError {
            // The kind may be absent: then there are none.
            if error.isNotFound { return [] }
            guard error.isForbidden else { throw error }
            return Optional.none
        }
        return objects
    }

    /// Has the API server check a spec, and complete it, without storing it.
    /// - Parameter spec: as it would be after being applied.
    /// - Returns: the spec as it would be stored; `nil`, and why, when the server was not willing to say.
    /// - Throws: ``PlanError`` when the server refuses the spec.
    func serverCheck(
        _ document: PlanInput.Document, _ spec: JSONValue, isNew: Bool
    ) async throws -> (spec: JSONValue?, note: String?) {
        let definition = TelegramBot.definition
        let answer: [UInt8]
        do {
            if isNew {
                let object: JSONValue = [
                    "apiVersion": .string(definition.apiVersion), "kind": .string(definition.kind),
                    "metadata": [
                        "name": .string(document.key.name), "namespace": .string(document.key.namespace ?? ""),
                        "labels": .object(document.labels.mapValues { .string($0) }),
                        "annotations": .object(document.annotations.mapValues { .string($0) }),
                    ], "spec": spec,
                ]
                answer = try await client.apply(
                    json: Array(try JSONEncoder().encode(object)), definition: definition, key: document.key,
                    fieldManager: Self.checker, force: true, dryRun: true)
            } else {
                answer = try await client.rawPatch(
                    definition, document.key, .json([.replace(path: "/spec", value: spec)]), fieldManager: Self.checker,
                    dryRun: true)
            }
        } catch let error as KubernetesError {
            if error.isForbidden {
                return (
                    Optional.none,
                    "not checked by the API server: this user may not apply TelegramBots in \(document.key.namespace ?? "")"
                )
            }
            guard error.isInvalid || error.reason == .badRequest else {
                return (Optional.none, "not checked by the API server: \(error.message)")
            }
            throw PlanError(
                .invalidSpec,
                "\(document.source): the API server refuses \(definition.kind) \(document.key): \(error.message)",
                cause: error)
        }
        return (try JSONDecoder().decode(JSONValue.self, from: Data(answer))["spec"], Optional.none)
    }

    /// The field manager of checks; nothing of it is stored.
    private static let checker = "telegram-serverless-plan"
}
