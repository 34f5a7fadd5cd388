import KubernetesTypes
import PlatformAPI

/// The conditions of one bot, or of one gateway, while they are being worked out. Pure: times come in from outside.
///
/// A condition that nobody sets keeps what it said before; one that was never said is absent.
struct ConditionSet: Sendable, Equatable {
    private var conditions: [ConditionType: Condition] = [:]
    /// What this build does not know, a newer operator's perhaps, is kept as it is.
    private var foreign: [Condition] = []
    /// What waits for a person, of what was set in this reconcile.
    private var stalling: Set<ConditionType> = []
    private let generation: Int64?
    private let now: String
    private let subject: Subject

    /// - Parameters:
    ///   - previous: the conditions in the stored status.
    ///   - generation: of the spec that is looked at.
    ///   - now: RFC 3339, the transition time of what changes.
    ///   - subject: what they are of.
    init(previous: [Condition], generation: Int64?, now: String, of subject: Subject = .bot) {
        self.generation = generation
        self.now = now
        self.subject = subject
        for condition in previous {
            if let type = ConditionType(rawValue: condition.type) {
                conditions[type] = condition
            } else {
                foreign.append(condition)
            }
        }
    }

    subscript(type: ConditionType) -> Condition? { conditions[type] }

    /// - Parameter stalls: that it does not hold will not change unless somebody does something.
    mutating func set(
        _ type: ConditionType, _ status: Condition.Status, _ reason: String, _ message: String, stalls: Bool = false
    ) {
        if stalls { stalling.insert(type) } else { stalling.remove(type) }
        let previous = conditions[type]
        conditions[type] = Condition(
            type: type.rawValue, status: status, reason: reason, message: message, observedGeneration: generation,
            lastTransitionTime: previous?.status == status ? previous?.lastTransitionTime ?? now : now)
    }

    mutating func remove(_ type: ConditionType) { conditions[type] = nil }

    /// Sums up: `Ready`, and kstatus's `Reconciling` and `Stalled`, which are present only while they hold.
    /// - Parameters:
    ///   - failure: what stopped the reconcile, if anything did.
    ///   - isSuspended: the bot is at rest because its owner wants it so: then that is as it should be.
    mutating func summarize(failure: StepFailure?, isSuspended: Bool = false) {
        if let failure {
            set(failure.condition, .false, failure.reason, failure.message)
            set(.ready, .false, failure.reason, failure.message)
            let (present, absent): (ConditionType, ConditionType) =
                failure.retry == .onChange ? (.stalled, .reconciling) : (.reconciling, .stalled)
            // Not removed and set anew: one that stays keeps its time, and the status is not written for nothing.
            set(present, .true, failure.reason, failure.message)
            remove(absent)
            return
        }
        let pending = subject.required.compactMap { conditions[$0] }.first { $0.status != .true }
        if let pending {
            let isStalled = ConditionType(rawValue: pending.type).map { stalling.contains($0) } ?? false
            set(.ready, .false, pending.reason, pending.message)
            set(isStalled ? .stalled : .reconciling, .true, pending.reason, pending.message)
            remove(isStalled ? .reconciling : .stalled)
        } else {
            if isSuspended {
                set(.ready, .true, "Suspended", "The bot is suspended: spec.suspend says so")
            } else {
                set(.ready, .true, "Ready", subject.readyMessage)
            }
            remove(.reconciling)
            remove(.stalled)
        }
    }

    /// In the order of ``ConditionType``, so that equal sets are equal lists.
    var list: [Condition] { ConditionType.allCases.compactMap { conditions[$0] } + foreign }

    /// What conditions are of, and what its `Ready` means.
    struct Subject: Sendable, Equatable {
        /// What `Ready` needs. Those that are absent do not count.
        let required: [ConditionType]
        let readyMessage: String

        /// `ScalerReady` is not required: without KEDA a bot works with a fixed number of workers.
        static let bot = Subject(
            required: [.tokenValid, .gatewayReady, .topicsReady, .workloadReady, .webhookReady],
            readyMessage: "The bot receives and answers messages.")
        static let gateway = Subject(
            required: [.kafkaReady, .workloadReady, .programmed, .exposed],
            readyMessage: "The gateway carries updates and answers.")
        /// One that is deployed by others.
        static let externalGateway = Subject(
            required: [.kafkaReady],
            readyMessage: "The gateway's brokers answer; it is deployed by others, who know how it is.")
    }
}
