import ControllerRuntime
import FoundationEssentials
import HTTPClient
import KafkaClient
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
    let http: HTTPClient
    let events: EventRecorder
    let settings: OperatorSettings
    let logger: Logger
    let applier: Applier
    /// Whether KEDA's kinds are in the cluster.
    private let isKEDAInstalled: @Sendable () -> Bool
    let memory = BotMemory()
    let clock = ContinuousClock()

    init(
        client: KubernetesClient, stores: BotStores, kafka: KafkaAdminPool, http: HTTPClient, events: EventRecorder,
        settings: OperatorSettings, logger: Logger, isKEDAInstalled: @escaping @Sendable () -> Bool
    ) {
        self.client = client
        self.stores = stores
        self.kafka = kafka
        self.http = http
        self.events = events
        self.settings = settings
        self.logger = logger
        self.isKEDAInstalled = isKEDAInstalled
        applier = Applier(client: client)
    }

    var hasKEDA: Bool { isKEDAInstalled() }

    func reconcile(_ key: ObjectKey) async throws -> ReconcileResult {
        guard let bot = stores.bots.get(key) else {
            memory.forget(key)
            return .done
        }
        if bot.metadata.deletionTimestamp != nil { return try await delete(bot) }

        let work = BotWork(bot: bot, now: Self.timestamp())
        var failure: StepFailure?
        do {
            try await converge(work)
        } catch let error as StepFailure {
            failure = error
        }
        work.conditions.summarize(failure: failure)
        work.isInTrouble = failure != nil
        try await writeStatus(work, of: bot)
        guard let failure else { return .requeue(after: settings.resyncInterval * Double.random(in: 0.9...1.1)) }
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
        let gateway = try await step(.gatewayReady) { try findGateway(work) }
        try await verifyIdentity(credential, gateway, work)
        let context = WorkerContext(bot: work.bot, botID: work.botID, token: credential, gateway: gateway)
        try await step(.topicsReady) { try await ensureTopics(context, work) }
        let webhookSecrets = try await step(.workloadReady) { try await ensureSecrets(context) }
        try await step(.workloadReady) { try await ensureWorkload(context, work) }
        try await step(.scalerReady) { try await ensureScaler(context, work) }
        try await step(.webhookReady) { try await ensureWebhook(context, secrets: webhookSecrets, work) }
    }

    /// Turns what a step throws into the condition of that step.
    func step<Result>(_ condition: ConditionType, _ body: () async throws -> Result) async throws -> Result {
        do {
            return try await body()
        } catch let failure as StepFailure {
            throw failure
        } catch let error as KubernetesError {
            let retry: StepFailure.Retry = error.retryAfter.map { .after($0) } ?? .backoff
            throw StepFailure(condition, "KubernetesError", error.message, retry: retry)
        } catch let error as KafkaError {
            let reason = error.isRetriable ? "KafkaUnavailable" : "KafkaError"
            throw StepFailure(condition, reason, error.message)
        } catch let error as TelegramError {
            throw StepFailure(
                condition, "TelegramUnavailable", error.message, retry: error.retryAfter.map { .after($0) } ?? .backoff)
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            throw StepFailure(condition, "InternalError", "\(error)")
        }
    }

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
    /// Something failed; what only takes its time is no trouble.
    var isInTrouble = false

    init(bot: TelegramBot, now: String) {
        self.bot = bot
        status = bot.status ?? TelegramBotStatus()
        conditions = ConditionSet(
            previous: bot.status?.conditions ?? [], generation: bot.metadata.generation, now: now)
    }
}
