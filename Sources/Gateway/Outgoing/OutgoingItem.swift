import JSON
import KafkaClient
import PlatformAPI

/// One record of an outgoing topic on its way to the Bot API.
struct OutgoingItem: Sendable {
    let partition: TopicPartition
    let offset: Int64
    var envelope: OutgoingEnvelope
    /// The record's value as it was, for a dead letter.
    let value: [UInt8]
    /// Calls made so far.
    var attempts = 0
    /// When the first call was made.
    var firstTry: ContinuousClock.Instant?
    var wasRewritten = false

    /// What the record is ordered by: its chat. Calls without a chat are not ordered among themselves.
    var chat: Chat {
        switch envelope.params["chat_id"] {
        case .int(let id): .id("\(id)")
        case .string(let name): .id(name)
        default: .none(offset)
        }
    }

    enum Chat: Hashable, Sendable {
        case id(String)
        case none(Int64)
    }
}
