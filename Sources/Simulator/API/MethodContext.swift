/// Who calls, with what, when.
struct MethodContext: Sendable {
    let bot: Int64
    /// The number under which a waiting call is answered.
    let callID: UInt64
    let call: APICall
    let now: Moment

    var arguments: APIArguments { call.arguments }
}
