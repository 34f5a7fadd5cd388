/// What is to be done outside when the world has changed.
enum WorldAction: Sendable {
    /// Answer a call that has waited.
    case answer(call: UInt64, APIReply)
    /// POST an update to a webhook.
    case deliver(DeliveryAttempt)
    /// Wake who waits for bots' calls.
    case endWait(UInt64)
}
