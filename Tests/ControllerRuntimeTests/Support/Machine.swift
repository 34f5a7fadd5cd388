/// Holds a state machine by reference, since `#expect` takes no mutating calls of values.
@dynamicMemberLookup
final class Machine<State> {
    private var state: State

    init(_ state: State) { self.state = state }

    subscript<Value>(dynamicMember path: KeyPath<State, Value>) -> Value { state[keyPath: path] }

    /// Does something to the machine.
    @discardableResult
    func callAsFunction<Result>(_ body: (inout State) -> Result) -> Result { body(&state) }
}
