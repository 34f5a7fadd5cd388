/// What the loop finds of a streamed body when there is room on the connection.
enum UploadPortion: Sendable, Equatable {
    case bytes([UInt8])
    /// Nothing yet: wait.
    case paused
    case end
    /// The body did not get to its end: break the request off.
    case broken
}
