/// A call of the Bot API, read from a request or from a webhook's answer.
struct APICall: Sendable {
    /// What stood between `/bot` and the next slash, percent-decoded.
    var token: String
    /// As it was written.
    var method: String
    var arguments: APIArguments
    var viaWebhook = false
    /// Where the host of `url` leads, looked up before the call; `nil`: not looked up.
    var addresses: HostAddresses?
}
