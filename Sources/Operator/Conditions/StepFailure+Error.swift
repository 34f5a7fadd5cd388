import KafkaClient
import KubernetesClient
import PlatformAPI
import TelegramBotAPI

extension StepFailure {
    /// What an error thrown in a step means for the step's condition.
    init(_ condition: ConditionType, cause error: any Error) {
        switch error {
        case let failure as StepFailure: self = failure
        case let error as KubernetesError:
            let retry: StepFailure.Retry = error.retryAfter.map { .after($0) } ?? .backoff
            self.init(condition, "KubernetesError", error.message, retry: retry)
        case let error as KafkaError:
            self = KafkaTrouble.failure(condition, error)
        case let error as TelegramError:
            self.init(
                condition, "TelegramUnavailable", error.message, retry: error.retryAfter.map { .after($0) } ?? .backoff)
        default: self.init(condition, "InternalError", "\(error)")
        }
    }
}
