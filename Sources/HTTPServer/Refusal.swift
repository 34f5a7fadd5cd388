/// Why a request or a connection gets to no handler; the values of a metric's label.
enum Refusal: String, Sendable, CaseIterable {
    /// The bodies of all requests together are more than is held.
    case crowded
}
