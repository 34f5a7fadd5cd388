/// A fault that is set.
package struct Fault: Codable, Sendable, Equatable {
    package let id: Int
    package var spec: FaultSpec
    /// How many calls have seen it.
    package var seen = 0
    /// How many more will; `nil`: until it is removed.
    package var remaining: Int?
}
