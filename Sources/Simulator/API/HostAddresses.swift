/// The result of looking up a webhook's host.
enum HostAddresses: Sendable, Equatable {
    /// IPv4 addresses in dotted form.
    case found([String])
    /// The resolver's message.
    case failed(String)
}
