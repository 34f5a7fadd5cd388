import PlatformAPI

/// Why a step of a reconcile did not get to its end: becomes the condition of that step.
struct StepFailure: Error, Sendable, Equatable, CustomStringConvertible {
    /// What to wait for before trying again.
    enum Retry: Sendable, Equatable {
        /// The cause may go by itself: exponential back-off.
        case backoff
        /// The other side said when.
        case after(Duration)
        /// A person must change something that the operator watches. It still looks again now and then.
        case onChange
    }

    let condition: ConditionType
    /// One CamelCase word.
    let reason: String
    /// Names the thing and the next step.
    let message: String
    let retry: Retry
    /// Whether something went wrong; what only takes its time is no trouble.
    let isTrouble: Bool

    init(
        _ condition: ConditionType, _ reason: String, _ message: String, retry: Retry = .backoff,
        isTrouble: Bool = true
    ) {
        self.condition = condition
        self.reason = reason
        self.message = message
        self.retry = retry
        self.isTrouble = isTrouble
    }

    var description: String { "\(condition.rawValue)=False \(reason): \(message)" }
}
