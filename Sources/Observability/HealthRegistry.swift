import Concurrency

/// What a process's `/ready` answers: every named check must have reported itself ready.
package final class HealthRegistry: Sendable {
    private let checks = Locked<[String: String?]>([:])

    package init() {}

    /// Declares a check that is not ready yet, with what it waits for.
    package func register(_ check: String, waitingFor reason: String) {
        checks.withLock { $0[check] = .some(reason) }
    }

    package func markReady(_ check: String) {
        checks.withLock { _ = $0.updateValue(nil, forKey: check) }
    }

    package func markNotReady(_ check: String, reason: String) {
        checks.withLock { $0[check] = .some(reason) }
    }

    /// `nil` when ready, else the checks that are not, each with its reason.
    package var notReady: String? {
        let waiting = checks.withLock { $0 }.compactMap { name, reason in reason.map { "\(name): \($0)" } }
        return waiting.isEmpty ? nil : waiting.sorted().joined(separator: "; ")
    }
}
