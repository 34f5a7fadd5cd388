import ControllerRuntime
import FoundationEssentials
import HTTPClient
import KubernetesClient
import KubernetesTypes
import Observability
import PlatformAPI
import TelegramBotAPI

/// Brings one bot to what its TelegramBot asks for. Each step is idempotent and reports a condition; a step that fails
/// leaves the earlier ones standing. What is wanted is worked out by pure functions (manifests, plans, conditions); this
/// type and its extensions observe and do.
final class BotReconciler: Sendable {
    let client: KubernetesClient
    let stores: BotStores
    let kafka: KafkaAdminPool
    let logins: KafkaLogins
    let http: HTTPClient
    let events: EventRecorder
    let settings: OperatorSettings
    let logger: Logger
    let applier: Applier
    /// Whether KEDA's kinds are in the cluster.
    private let isKEDAInstalled: @Sendable () -> Bool
    /// How the API server takes PodDisruptionBudgets; `nil` when it has none.
    private let servedBudgets: @Sendable () -> DisruptionBudgetForm?
    let memory = BotMemory()
    let clock = ContinuousClock()

    init(
        client: KubernetesClient, stores: BotStores, kafka: KafkaAdminPool, logins: KafkaLogins, http: HTTPClient,
        events: EventRecorder, settings: OperatorSettings, logger: Logger,
        isKEDAInstalled: @escaping @Sendable () -> Bool,
        servedBudgets: @escaping @Sendable () -> DisruptionBudgetForm?
    ) {
        self.client = client
        self.stores = stores
        self.kafka = kafka
        self.logins = logins
        self.http = http
        self.events = events
        self.settings = settings
        self.logger = logger
        self.isKEDAInstalled = isKEDAInstalled
        self.servedBudgets = servedBudgets
        applier = Applier(client: client)
    }

    var hasKEDA: Bool { isKEDAInstalled() }
    var budgetForm: DisruptionBudgetForm? { servedBudgets() }

    func reconcile(_ key: ObjectKey) async throws -> ReconcileResult {
        guard let seen = stores.bots.get(key) else {
            memory.forget(key)
            return .done
        }
        let bot = memory.latest(seen)
        if bot.metadata.deletionTimestamp != nil { return try await delete(bot) }

        let work = BotWork(bot: bot, now: Self.timestamp())
        var failure: StepFailure?
        do {
            try await converge(work)
        } catch let error as StepFailure {
            failure = error
        }
        if failure == nil { reportDrift(work) }
        work.conditions.summarize(failure: failure, isSuspended: bot.spec.suspend != nil)
        work.isInTrouble = failure?.isTrouble ?? (work.conditions[.stalled] != nil)
        try await writeStatus(work, of: bot)
        FaultPoint.passed(.statusWritten)
        guard let failure else {
            let resync = settings.resyncInterval * Double.random(in: 0.9...1.1)
            return .requeue(after: min(resync, work.nextLook ?? resync))
        }
        switch failure.retry {
        case .backoff: throw failure
        case .after(let delay): return .requeue(after: delay)
        case .onChange: return .requeue(after: settings.resyncInterval)
        }
    }

    /// The steps in their order. The webhook comes last: nothing may arrive before there is a place to put it.
    private func converge(_ work: BotWork) async throws {
        let problems = work.bot.validate()
        guard problems.isEmpty else {
            throw StepFailure(.ready, "InvalidSpec", problems.joined(separator: "; "), retry: .onChange)
        }
        try await step(.ready) { try await ensureFinalizer(work.bot) }
        let credential = try await step(.tokenValid) { try await verifyToken(work) }
        let gateway = try await step(.gatewayReady) { try await findGateway(work) }
        let access = try await step(.gatewayReady) { try await logins.access(of: gateway) }
        try await verifyIdentity(credential, gateway, work)
        var context = WorkerContext(
            bot: work.bot, botID: work.botID, token: credential, gateway: gateway, kafka: access,
            username: work.status.username)
        try await claimTopics(context, work)
        try await step(.topicsReady) { try await WorkerSlot.waiting { try await ensureTopics(context, work) } }
        context.alias = try await step(.workloadReady) { [context] in try await aliasToken(context) }
        let webhookSecrets = try await step(.workloadReady) { [context] in
            try await ensureSecrets(context, work)
        }
        try await step(.topicsReady) { try await WorkerSlot.waiting { try await retireResults(context, work) } }
        try await step(.workloadReady) { try await ensureWorkload(context, work) }
        try await step(.workloadReady) { try await ensureDisruptionBudget(context, work) }
        try await step(.scalerReady) { try await ensureScaler(context, work) }
        try await step(.profileSynced) { try await WorkerSlot.waiting { try await syncProfile(context, work) } }
        try await step(.webhookReady) { try await ensureWebhook(context, webhookSecrets, work) }
        try await WorkerSlot.waiting { try await judgeDelivery(context, work) }
    }

    /// Says what somebody else has changed.
    private func reportDrift(_ work: BotWork) {
        if !work.repaired.isEmpty {
            events.record(
                regarding: work.bot.reference, type: .normal, reason: "DriftRepaired", action: "Reconcile",
                note: "changed by somebody else and put back: \(work.repaired.joined(separator: ", "))")
        }
        guard !work.drifted.isEmpty else { return work.conditions.remove(.drifted) }
        work.conditions.set(
            .drifted, .true, "DriftFound",
            "Changed by somebody else, and left so by spec.driftPolicy: \(work.drifted.joined(separator: ", "))")
    }

    /// Turns what a step throws into the condition of that step.
    func step<Result>(_ condition: ConditionType, _ body: () async throws -> Result) async throws -> Result {
        do {
            return try await body()
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            throw StepFailure(condition, cause: error)
        }
    }

    /// Brings an owned object to what is wanted, and tells what somebody else has made of it.
    func apply<Object: KubernetesResource>(
        _ wanted: Object, observed: LeafDigest?, _ work: BotWork
    ) async throws {
        let repairs = work.bot.spec.effectiveDriftPolicy == .repair
        let outcome = try await applier.ensure(wanted, observed: observed, repairs: repairs)
        work.note(outcome, "\(Object.definition.kind) \(wanted.key)")
    }

    /// The present time in seconds since 1970.
    static func seconds() -> Int64 { Int64(Date().timeIntervalSince1970) }

    /// The present time as Kubernetes writes it: RFC 3339 in whole seconds.
    static func timestamp() -> String {
        Date().formatted(.iso8601)
    }
}

/// One bot while it is being reconciled: what its steps find out and report. Used by one task.
final class BotWork {
    let bot: TelegramBot
    var status: TelegramBotStatus
    var conditions: ConditionSet
    /// Known once the token was read.
    var botID = BotID(number: 0)
    /// The bot that the resource was before its owner made it another one.
    var formerBotID: BotID?
    /// Something failed, or somebody must change something; what only takes its time is no trouble.
    var isInTrouble = false
    /// The version of a migration that has succeeded in this reconcile.
    var migrated: String?
    /// What Telegram has said of the webhook in this reconcile; `nil` when it was not asked.
    var webhookInfo: WebhookInfo?
    /// The webhook was set after that.
    var isWebhookNew = false
    /// What somebody else changed and was put back, as names.
    private(set) var repaired: [String] = []
    /// What somebody else changed and was left, as names.
    private(set) var drifted: [String] = []
    /// When to look again although nothing changed; `nil`: with the next resync.
    private(set) var nextLook: Duration?

    init(bot: TelegramBot, now: String) {
        self.bot = bot
        status = bot.status ?? TelegramBotStatus()
        conditions = ConditionSet(
            previous: bot.status?.conditions ?? [], generation: bot.metadata.generation, now: now)
    }

    func note(_ outcome: ApplyOutcome, _ name: String) {
        switch outcome {
        case .unchanged, .written: break
        case .repaired: repaired.append(name)
        case .drifted: drifted.append(name)
        }
    }

    func lookAgain(in delay: Duration) { nextLook = min(nextLook ?? delay, delay) }
}
