import Concurrency
import ControllerRuntime
import FoundationEssentials
import KubernetesClient
import KubernetesTypes
import Observability
import PlatformAPI

/// Brings one gateway to what its TelegramGateway asks for, and says how it is. Works as ``BotReconciler`` does: idempotent
/// steps, each with a condition; what is wanted is worked out by pure functions.
final class GatewayReconciler: Sendable {
    /// A status that was written and that the watch may not show yet.
    struct Written: Sendable {
        /// What the watch showed when it was written.
        let seen: String?
        let status: TelegramGatewayStatus
    }

    /// How often brokers are asked whether they answer, which nothing tells: gateways are few.
    private static let brokerInterval = Duration.seconds(60)
    /// The same while they do not.
    private static let outageInterval = Duration.seconds(10)

    let client: KubernetesClient
    let stores: GatewayStores
    /// What the bots' controller watches: bindings, and the versions of Secrets.
    let bots: BotStores
    let kafka: KafkaAdminPool
    let logins: KafkaLogins
    let events: EventRecorder
    let settings: OperatorSettings
    let logger: Logger
    let applier: Applier
    /// What the API server has of the kinds that not all have.
    let kinds: @Sendable () -> GatewayContext.Kinds
    let written = Locked<[ObjectKey: Written]>([:])

    init(
        client: KubernetesClient, stores: GatewayStores, bots: BotStores, kafka: KafkaAdminPool, logins: KafkaLogins,
        events: EventRecorder, settings: OperatorSettings, logger: Logger,
        kinds: @escaping @Sendable () -> GatewayContext.Kinds
    ) {
        self.client = client
        self.stores = stores
        self.bots = bots
        self.kafka = kafka
        self.logins = logins
        self.events = events
        self.settings = settings
        self.logger = logger
        self.kinds = kinds
        applier = Applier(client: client)
    }

    func reconcile(_ key: ObjectKey) async throws -> ReconcileResult {
        guard let seen = stores.gateways.get(key) else {
            written.withLock { _ = $0.removeValue(forKey: key) }
            return .done
        }
        // What was made for it goes by its owner references.
        if seen.metadata.deletionTimestamp != nil { return .done }
        let gateway = latest(seen)
        let work = GatewayWork(gateway: gateway, now: BotReconciler.timestamp())
        var failure: StepFailure?
        do {
            try await converge(work)
        } catch let error as StepFailure {
            failure = error
        }
        reportDrift(work)
        work.conditions.summarize(failure: failure)
        work.isInTrouble = failure?.isTrouble ?? (work.conditions[.stalled] != nil)
        try await writeStatus(work, seen: seen)
        guard let failure else {
            let interval = work.conditions[.kafkaReady]?.status == .true ? Self.brokerInterval : Self.outageInterval
            return .requeue(after: min(interval, settings.resyncInterval) * Double.random(in: 0.9...1.1))
        }
        switch failure.retry {
        case .backoff: throw failure
        case .after(let delay): return .requeue(after: delay)
        case .onChange: return .requeue(after: settings.resyncInterval)
        }
    }

    private func converge(_ work: GatewayWork) async throws {
        work.status.bots = boundBots(of: work.gateway)
        let problems = work.gateway.validate()
        guard problems.isEmpty else {
            throw StepFailure(.ready, "InvalidSpec", problems.joined(separator: "; "), retry: .onChange)
        }
        let access = try await step(.kafkaReady) { try await logins.access(of: work.gateway) }
        try await ensureObjects(work)
        await judgeKafka(access, work)
    }

    /// Turns what a step throws into the condition of that step.
    func step<Result>(_ condition: ConditionType, _ body: () async throws -> Result) async throws -> Result {
        do {
            return try await body()
        } catch is CancellationError {
            throw CancellationError()
        } catch let failure as StepFailure {
            // What bots share with gateways speaks of the bots' conditions.
            throw StepFailure(
                condition, failure.reason, failure.message, retry: failure.retry, isTrouble: failure.isTrouble)
        } catch {
            throw StepFailure(condition, cause: error)
        }
    }

    /// Bindings that the gateway's process finds.
    private func boundBots(of gateway: TelegramGateway) -> Int {
        bots.secrets.keys(in: BotStores.Index.binding, at: gateway.key.description).count
    }

    private func reportDrift(_ work: GatewayWork) {
        guard !work.repaired.isEmpty else { return }
        events.record(
            regarding: work.gateway.reference, type: .normal, reason: "DriftRepaired", action: "Reconcile",
            note: "changed by somebody else and put back: \(work.repaired.joined(separator: ", "))")
    }
}
