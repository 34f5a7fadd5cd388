/// Travels through librdkafka as a record's opaque and comes back with its delivery report.
final class DeliveryTicket: Sendable {
    /// Called once, on the producer's own thread.
    let completion: @Sendable (Result<KafkaDelivery, KafkaError>) -> Void

    init(_ completion: @escaping @Sendable (Result<KafkaDelivery, KafkaError>) -> Void) {
        self.completion = completion
    }
}
