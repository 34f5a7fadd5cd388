/// How an answer is handed on.
enum ResponseDelivery: Sendable {
    /// At its end, in one piece of at most `limit` bytes.
    case whole(limit: Int)
    /// Head first, then chunk by chunk; about `capacity` bytes are kept for a slow reader.
    case streamed(capacity: Int)
}
