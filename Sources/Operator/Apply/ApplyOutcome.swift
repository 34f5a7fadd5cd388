/// What bringing an owned object to what is wanted took.
enum ApplyOutcome: Sendable, Equatable {
    /// It was so already.
    case unchanged
    /// The wish is new, or the object was not there.
    case written
    /// Somebody else had changed the object, and it was put back.
    case repaired
    /// Somebody else has changed the object, and it was left so.
    case drifted
}
