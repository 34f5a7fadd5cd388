import KafkaClient
import PlatformAPI

/// What an error of Kafka's means for the condition of a step. Pure.
enum KafkaTrouble {
    static func failure(_ condition: ConditionType, _ error: KafkaError) -> StepFailure {
        switch error.code {
        case .authentication:
            StepFailure(
                condition, "KafkaRefused",
                "\(error.message). Look at spec.kafka.tls and spec.kafka.sasl of the TelegramGateway, and at the Secrets "
                    + "that they name")
        case .authorization:
            StepFailure(
                condition, "KafkaRefused",
                "\(error.message). Give the user or the certificate of the TelegramGateway's spec.kafka that right")
        case .unsupported:
            // Another library or another broker: not in the next minutes.
            StepFailure(condition, "KafkaUnsupported", error.message, retry: .onChange)
        default: StepFailure(condition, error.isRetriable ? "KafkaUnavailable" : "KafkaError", error.message)
        }
    }
}
