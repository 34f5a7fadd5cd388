/// What a method came to.
struct MethodResult: Sendable {
    /// JSON.
    var result: String
    /// Said beside the result.
    var description: String?
    /// Where it went and what it made, for the record.
    var chatID: Int64?
    var messageID: Int64?
    var text: String?
    /// The answer comes later.
    var isPending = false

    static let done = MethodResult(result: "true")
    static let pending = MethodResult(result: "", isPending: true)

    static func done(_ description: String) -> MethodResult { MethodResult(result: "true", description: description) }
}
