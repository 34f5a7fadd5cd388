/// What librdkafka carries as an operation's opaque: a number, never an address.
@safe struct AnswerToken {
    let opaque: UnsafeMutableRawPointer?
}
