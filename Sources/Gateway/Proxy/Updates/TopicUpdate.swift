import JSON
import KafkaClient
import PlatformAPI

/// An update taken out of its record.
struct TopicUpdate: Sendable, Equatable {
    let id: Int64
    /// Byte for byte as Telegram sent it.
    let json: [UInt8]

    /// `nil` when the record has no update in it.
    init?(_ message: KafkaMessage) {
        guard let value = message.value, let json = JSONMembers.find("update", in: value[...]),
            json.first == UInt8(ascii: "{")
        else { return nil }
        // What the gateway wrote beside it, or else what stands in it.
        let header = message.headers.first { $0.0 == IncomingEnvelope.Header.updateID }?.1
        let number = header?[...] ?? JSONMembers.find("update_id", in: json)
        guard let number, let id = Int64(String(decoding: number, as: UTF8.self)) else { return nil }
        self.id = id
        self.json = Array(json)
    }
}
