/// One POST of one update, to be made now.
struct DeliveryAttempt: Sendable, Equatable {
    let botID: Int64
    let updateID: Int64
    let queue: UpdateQueueKey
    /// Which setting of the webhook it belongs to: results of an earlier one are not believed.
    let generation: Int
    let webhook: Webhook
    let body: [UInt8]
}
