/// A `getUpdates` that waits.
struct PendingPoll: Sendable {
    let call: UInt64
    let offset: Int64
    let limit: Int
    let deadline: Duration
}
