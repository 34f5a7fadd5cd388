import KafkaClient

/// A record on its way through the worker.
struct Job: Sendable {
    let record: KafkaMessage
    let lane: Lane
    /// Of the partition's assignment in which it was read.
    let term: Int
}
