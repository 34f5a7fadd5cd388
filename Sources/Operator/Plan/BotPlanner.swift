import FoundationEssentials
package import HTTPClient
import JSON
package import KubernetesClient
import KubernetesTypes
package import Observability
import PlatformAPI

/// Says what applying resources would change in Kubernetes, Kafka and Telegram. Only reads: the one request that is no
/// read asks the API server to check a TelegramBot without storing it (`dryRun=All`), and its refusal is no obstacle.
package struct BotPlanner: Sendable {
    let client: KubernetesClient
    let http: HTTPClient
    let kafka: KafkaAdminPool
    let settings: OperatorSettings
    let logger: Logger

    /// - Parameters:
    ///   - http: for the Bot API.
    ///   - settings: as the operator's: its time-outs, and how long old webhook secrets are kept.
    package init(client: KubernetesClient, http: HTTPClient, settings: OperatorSettings, logger: Logger) {
        self.client = client
        self.http = http
        self.settings = settings
        self.logger = logger
        kafka = KafkaAdminPool(logger: logger)
    }

    /// Ends connections. Call it once, at the end.
    package func close() async { await kafka.close() }

    /// Plans the bots of some files, in their order.
    /// - Throws: ``PlanError``, or `KubernetesError` when something cannot be read that every plan needs.
    package func plan(_ input: PlanInput) async throws -> Plan {
        do {
            return try await unguarded(input)
        } catch let error as KubernetesError {
            let hint: String
            switch error.code {
            case .transport: hint = "check the server of the kubeconfig, or name another by --kubeconfig or --context"
            case .api(.forbidden): hint = "docs/plan.md lists the rights that a plan needs"
            default: throw error
            }
            throw PlanError(.cluster, "\(error.message): \(hint)", cause: error)
        }
    }

    private func unguarded(_ input: PlanInput) async throws -> Plan {
        guard !input.bots.isEmpty else {
            throw PlanError(.input, "there is no \(TelegramBot.definition.kind) in the files: nothing to plan")
        }
        var world = try await observe(input)
        // What is wrong with a later file is said before anything is asked.
        for document in input.bots { _ = try Self.spec(of: document, document.spec) }
        var plans: [BotPlan] = []
        for (index, document) in input.bots.enumerated() {
            let (plan, bot) = try await self.plan(document, index: index, world)
            plans.append(plan)
            world.bots.removeAll { $0.key == bot.key }
            world.bots.append(bot)
        }
        for note in world.notes { plans = plans.map { plan in Self.adding(note, to: plan) } }
        return Plan(bots: plans, taken: input.taken, passedOver: input.passedOver)
    }

    private static func adding(_ note: String, to plan: BotPlan) -> BotPlan {
        var plan = plan
        plan.notes.append(note)
        return plan
    }

    /// - Returns: the plan, and the bot as later ones would find it.
    private func plan(
        _ document: PlanInput.Document, index: Int, _ world: PlanWorld
    ) async throws -> (BotPlan, TelegramBot) {
        let kind = TelegramBot.definition.kind
        let raw = try await find(TelegramBot.definition, document.key)
        let live = try raw.map { try JSONDecoder().decode(TelegramBot.self, from: Data($0)) }
        guard live?.metadata.deletionTimestamp == nil else {
            throw PlanError(.cluster, "\(kind) \(document.key) is being deleted: wait until it is gone")
        }
        let present = try raw.map { try JSONDecoder().decode(JSONValue.self, from: Data($0)) }
        let applied = present.map { AppliedSpec.merged(document.spec, live: $0) } ?? document.spec
        let check = try await serverCheck(document, applied, isNew: live == nil)
        let complete = SpecDefaults.applied(to: check.spec ?? applied)
        let bot = TelegramBot(
            document, spec: try Self.spec(of: document, complete), live: live, index: index)
        let planning = BotPlanning(planner: self, world: world, bot: bot, isNew: live == nil)
        let understood = try Self.json(try Self.spec(of: document, document.spec))
        planning.plan.notes =
            [check.note].compactMap { $0 }
            + UnknownFields.find(written: document.spec, understood: understood).map {
                "\($0) is no field that this version knows: it would have no effect"
            }
        planning.plan.kubernetes.append(Self.change(document, complete, live: present))
        try await planning.run()
        return (planning.plan, planning.outcome)
    }

    /// Reads and checks a spec.
    private static func spec(of document: PlanInput.Document, _ json: JSONValue) throws -> TelegramBotSpec {
        let kind = TelegramBot.definition.kind
        let spec = try document.decoded(TelegramBotSpec.self, json, kind: kind)
        let problems = TelegramBot(document, spec: spec, live: nil, index: 0).validate()
        guard problems.isEmpty else {
            throw PlanError(
                .invalidSpec,
                "\(document.source): \(kind) \(document.key) is not valid: \(problems.joined(separator: "; "))")
        }
        return spec
    }

    /// A value as JSON of unknown shape.
    static func json(_ value: some Encodable) throws -> JSONValue {
        try JSONDecoder().decode(JSONValue.self, from: try JSONEncoder().encode(value))
    }

    /// What becomes of the TelegramBot itself.
    private static func change(
        _ document: PlanInput.Document, _ spec: JSONValue, live: JSONValue?
    ) -> ObjectChange {
        let kind = TelegramBot.definition.kind
        let wanted: JSONValue = [
            "metadata": [
                "labels": .object(document.labels.mapValues { .string($0) }),
                "annotations": .object(document.annotations.mapValues { .string($0) }),
            ], "spec": spec,
        ]
        guard let live else {
            let diff = ObjectDiff(wanted: wanted, live: Optional.none) { _ in false }
            return ObjectChange(kind, document.key, .create, fields: diff.fields)
        }
        let before = SpecDefaults.applied(to: live["spec"] ?? [:])
        let diff = ObjectDiff(
            wanted: wanted, live: ["metadata": live["metadata"] ?? [:], "spec": before],
            owned: ["f:spec": ObjectDiff.everything(in: before)]
        ) { _ in false }
        return ObjectChange(kind, document.key, diff.fields.isEmpty ? .keep : .change, fields: diff.fields)
    }

    /// The JSON of an object; `nil` when there is none.
    func find(_ definition: ResourceDefinition, _ key: ObjectKey) async throws -> [UInt8]? {
        do {
            return try await client.rawGet(definition, key)
        } catch let error as KubernetesError {
            guard error.isNotFound else { throw error }
            return nil
        }
    }
}
