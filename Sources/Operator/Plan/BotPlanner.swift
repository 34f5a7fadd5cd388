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
        guard !input.bots.isEmpty else {
            throw PlanError(.input, "there is no \(TelegramBot.definition.kind) in the files: nothing to plan")
        }
        var world = try await observe(input)
        let specs = try input.bots.map { try Self.spec(of: $0) }
        var plans: [BotPlan] = []
        for (index, (document, spec)) in zip(input.bots, specs).enumerated() {
            let (plan, bot) = try await self.plan(document, spec, index: index, world)
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
        _ document: PlanInput.Document, _ written: TelegramBotSpec, index: Int, _ world: PlanWorld
    ) async throws -> (BotPlan, TelegramBot) {
        let kind = TelegramBot.definition.kind
        let raw = try await find(TelegramBot.definition, document.key)
        let live = try raw.map { try JSONDecoder().decode(TelegramBot.self, from: Data($0)) }
        guard live?.metadata.deletionTimestamp == nil else {
            throw PlanError(.cluster, "\(kind) \(document.key) is being deleted: wait until it is gone")
        }
        var notes: [String] = []
        let check = try await serverCheck(document, isNew: live == nil)
        if let note = check.note { notes.append(note) }
        let specJSON = SpecDefaults.applied(to: check.spec ?? document.spec)
        let spec =
            check.spec == nil ? written : try document.decoded(TelegramBotSpec.self, specJSON, kind: kind)
        let bot = TelegramBot(document, spec: spec, live: live, index: index)
        let unknown = UnknownFields.find(written: document.spec, understood: try Self.json(written))
        notes += unknown.map { "\($0) is no field that this version knows: it would have no effect" }
        let planning = BotPlanning(planner: self, world: world, bot: bot, isNew: live == nil)
        planning.plan.notes = notes
        planning.plan.kubernetes.append(
            try Self.change(
                document, specJSON, live: try raw.map { try JSONDecoder().decode(JSONValue.self, from: Data($0)) }))
        try await planning.run()
        return (planning.plan, planning.outcome)
    }

    /// Reads and checks a spec.
    private static func spec(of document: PlanInput.Document) throws -> TelegramBotSpec {
        let kind = TelegramBot.definition.kind
        let spec = try document.decoded(TelegramBotSpec.self, document.spec, kind: kind)
        let problems = TelegramBot(document, spec: spec, live: nil, index: 0).validate()
        guard problems.isEmpty else {
            throw PlanError(
                .invalidSpec,
                "\(document.source): \(kind) \(document.key) is not valid: \(problems.joined(separator: "; "))")
        }
        return spec
    }

    static func json(_ value: some Encodable) throws -> JSONValue {
        try JSONDecoder().decode(JSONValue.self, from: try JSONEncoder().encode(value))
    }

    /// What becomes of the TelegramBot itself.
    private static func change(
        _ document: PlanInput.Document, _ spec: JSONValue, live: JSONValue?
    ) throws -> ObjectChange {
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
