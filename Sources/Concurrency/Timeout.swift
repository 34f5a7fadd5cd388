/// Thrown by ``withTimeout(_:_:_:)`` when the time ran out.
package struct TimeoutError: Error, CustomStringConvertible, Sendable {
    /// What was being waited for, as a phrase: "the broker's acknowledgement".
    package let operation: String
    package let limit: Duration

    package init(operation: String, limit: Duration) {
        self.operation = operation
        self.limit = limit
    }

    package var description: String { "timed out after \(limit) waiting for \(operation)" }
}

/// Runs `body` and cancels it when `limit` has passed; then throws ``TimeoutError``. `body` must honour cancellation:
/// its end is awaited.
package func withTimeout<Result: Sendable>(
    _ limit: Duration, _ operation: String, _ body: @escaping @Sendable () async throws -> Result
) async throws -> Result {
    try await withThrowingTaskGroup(of: Result?.self) { group in
        group.addTask { try await body() }
        group.addTask {
            try await Task.sleep(for: limit)
            return nil
        }
        defer { group.cancelAll() }
        guard let first = try await group.next(), let result = first else {
            throw TimeoutError(operation: operation, limit: limit)
        }
        return result
    }
}

/// Sleeps like `Task.sleep`, but answers whether the time passed (`true`) or the task was cancelled (`false`).
package func sleepUnlessCancelled(for duration: Duration) async -> Bool {
    do {
        try await Task.sleep(for: duration)
        return true
    } catch {
        return false
    }
}

extension Duration {
    /// The duration in seconds, as metrics and configuration of C libraries want it.
    package var seconds: Double {
        Double(components.seconds) + Double(components.attoseconds) / 1e18
    }

    /// The duration in whole milliseconds, rounded toward zero; the nearest `Int` when it is out of range.
    package var milliseconds: Int {
        let (whole, isTooLarge) = components.seconds.multipliedReportingOverflow(by: 1000)
        let (sum, overflows) = whole.addingReportingOverflow(components.attoseconds / 1_000_000_000_000_000)
        if isTooLarge || overflows { return components.seconds < 0 ? .min : .max }
        return Int(sum)
    }
}
