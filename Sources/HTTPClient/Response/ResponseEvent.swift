/// What the task that waits for an answer gets: one `whole`, or a `head`, any number of `chunk`s and an `end`.
enum ResponseEvent: Sendable, Equatable {
    case whole(ResponseHead, [UInt8])
    case head(ResponseHead)
    case chunk([UInt8])
    case end
}
