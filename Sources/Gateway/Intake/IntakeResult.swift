/// What became of an update that came in.
package enum IntakeResult: Sendable, Equatable {
    /// It is safe: nobody needs to send it again.
    case accepted
    /// It was safe before: it has been sent again.
    case duplicate
    /// It is larger than the broker takes; sending it again would not help.
    case tooLarge
    /// It is not safe. It must be sent again later.
    case unavailable
}
