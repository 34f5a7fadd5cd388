/// One call of ``KafkaConsumer/nextBatch(max:timeout:)`` that waits.
struct BatchRequest: Sendable {
    /// Tells it from others.
    let id: Int
    let max: Int
    let deadline: ContinuousClock.Instant
    let continuation: CheckedContinuation<[KafkaMessage], any Error>
}
