import JSON
import KubernetesTypes
import PlatformAPI
import Testing

@testable import Operator

/// What happens to a bot, and the status that the operator writes for it. The name is that of a file in
/// deploy/argocd/testdata.
enum StatusSample: String, CaseIterable, CustomTestStringConvertible {
    case ready, suspended, starting, stalled, recovering, changed, deleting
    case readyWithoutKEDA = "ready-without-keda"
    case failingWithBackOff = "failing-with-back-off"
    case waitingAsTold = "waiting-as-told"
    case stalledAfterReady = "stalled-after-ready"
    case neverSeen = "never-seen"
    case changedWhileStalled = "changed-while-stalled"

    var testDescription: String { rawValue }

    /// As the object is stored.
    var bot: TelegramBot {
        var metadata = ObjectMeta(name: "shop", namespace: "bots")
        metadata.generation = self == .changed || self == .changedWhileStalled ? 5 : 4
        metadata.deletionTimestamp = self == .deleting ? "2026-01-01T00:00:00Z" : nil
        var bot = TelegramBot(metadata: metadata, spec: TelegramBotSpec(tokenSecretRef: .init(name: "shop-token")))
        var status = TelegramBotStatus()
        // What the schema's default makes of a status that nobody has written.
        status.observedGeneration = self == .neverSeen ? -1 : 4
        status.conditions = self == .neverSeen ? nil : conditions
        bot.status = status
        return bot
    }

    private var conditions: [Condition] {
        let stalled = StepFailure(.tokenValid, "SecretMissing", "Secret bots/shop-token is missing.", retry: .onChange)
        let failing = StepFailure(.topicsReady, "KafkaUnavailable", "No broker answers.")
        return switch self {
        case .ready, .changed: summary()
        case .readyWithoutKEDA:
            summary { $0.set(.scalerReady, .false, "KEDANotInstalled", "The cluster has no ScaledObjects.") }
        case .suspended: summary(isSuspended: true)
        case .starting: summary { $0.set(.workloadReady, .unknown, "Starting", "The first worker starts.") }
        case .failingWithBackOff: summary(failure: failing)
        case .waitingAsTold:
            summary(
                failure: StepFailure(.webhookReady, "TelegramUnavailable", "Not now.", retry: .after(.seconds(30))))
        case .stalled, .changedWhileStalled: summary(failure: stalled)
        case .stalledAfterReady: summary(after: summary(), failure: stalled)
        case .recovering: summary(after: summary(failure: stalled), failure: failing)
        case .deleting: summary(after: summary(), failure: StepFailure(.ready, "Deleting", "Kafka does not answer."))
        case .neverSeen: []
        }
    }

    /// What a reconcile leaves behind that went well but for `change` and `failure`.
    private func summary(
        after previous: [Condition] = [], isSuspended: Bool = false, failure: StepFailure? = nil,
        _ change: (inout ConditionSet) -> Void = { _ in }
    ) -> [Condition] {
        var set = ConditionSet(previous: previous, generation: 4, now: "2026-01-01T00:00:00Z")
        for type: ConditionType in [.tokenValid, .gatewayReady, .topicsReady, .workloadReady, .webhookReady] {
            set.set(type, .true, "Fine", "Fine.")
        }
        change(&set)
        set.summarize(failure: failure, isSuspended: isSuspended)
        return set.list
    }

    /// What the status means by the generic rules of kstatus.
    var kstatus: KStatus {
        switch self {
        case .ready, .readyWithoutKEDA, .suspended: .current
        case .stalled, .stalledAfterReady: .failed
        case .deleting: .terminating
        case .starting, .failingWithBackOff, .waitingAsTold, .recovering, .neverSeen, .changed, .changedWhileStalled:
            .inProgress
        }
    }
}
