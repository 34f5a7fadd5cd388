import Concurrency

/// Values that someone will wait for or waits for already, by number. The value may come first.
final class PendingAnswers<Value: Sendable>: Sendable {
    private enum State: Sendable {
        case open
        case answered(Value)
        case waiting(CheckedContinuation<Value, Never>)
    }

    private let states = Locked<(next: UInt64, byID: [UInt64: State])>((next: 1, byID: [:]))

    /// A new number; must be followed by ``wait(for:)`` or ``close(_:)``.
    func open() -> UInt64 {
        states.withLock { states in
            defer { states.next += 1 }
            states.byID[states.next] = .open
            return states.next
        }
    }

    /// Gives the value; numbers that are closed or answered are left alone.
    func resolve(_ id: UInt64, _ value: Value) {
        let continuation: CheckedContinuation<Value, Never>? = states.withLock { states in
            switch states.byID[id] {
            case .open:
                states.byID[id] = .answered(value)
                return nil
            case .waiting(let continuation):
                states.byID[id] = nil
                return continuation
            case .answered, nil: return nil
            }
        }
        continuation?.resume(returning: value)
    }

    /// Gives every number the same value.
    func resolveAll(_ value: Value) {
        for id in states.withLock({ Array($0.byID.keys) }) { resolve(id, value) }
    }

    /// Waits for the value; a cancelled task gets `cancelled`.
    func wait(for id: UInt64, cancelled: Value) async -> Value {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let value: Value? = states.withLock { states in
                    if case .answered(let value) = states.byID[id] {
                        states.byID[id] = nil
                        return value
                    }
                    states.byID[id] = .waiting(continuation)
                    return nil
                }
                if let value { continuation.resume(returning: value) }
            }
        } onCancel: {
            resolve(id, cancelled)
        }
    }

    /// Forgets a number nobody waits for.
    func close(_ id: UInt64) { states.withLock { $0.byID[id] = nil } }
}
