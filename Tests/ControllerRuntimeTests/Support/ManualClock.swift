import Concurrency
import ControllerRuntime
import FoundationEssentials

/// A clock that stands still until it is advanced.
final class ManualClock: Sendable {
    private struct State: Sendable {
        var now: Duration = .zero
        var sleepers: [Int: (deadline: Duration, continuation: CheckedContinuation<Bool, Never>)] = [:]
        var cancelled: Set<Int> = []
        var next = 0
    }

    private let state = Locked(State())

    var runtimeClock: RuntimeClock {
        RuntimeClock(
            now: { self.now }, sleep: { try await self.sleep($0) },
            date: { Date(timeIntervalSince1970: 1_700_000_000 + self.now.seconds) })
    }

    var now: Duration { state.withLock { $0.now } }

    /// The deadlines of all that sleep.
    var sleeping: [Duration] { state.withLock { $0.sleepers.values.map(\.deadline) } }

    func advance(by duration: Duration) {
        let woken = state.withLock { state -> [CheckedContinuation<Bool, Never>] in
            state.now += duration
            let due = state.sleepers.filter { $0.value.deadline <= state.now }
            for id in due.keys { state.sleepers[id] = nil }
            return due.values.map(\.continuation)
        }
        for continuation in woken { continuation.resume(returning: true) }
    }

    private func sleep(_ duration: Duration) async throws {
        let id = state.withLock { state -> Int in
            state.next += 1
            return state.next
        }
        let slept = await withTaskCancellationHandler {
            await withCheckedContinuation { (continuation: CheckedContinuation<Bool, Never>) in
                let answer = state.withLock { state -> Bool? in
                    if state.cancelled.contains(id) { return false }
                    if duration <= .zero { return true }
                    state.sleepers[id] = (state.now + duration, continuation)
                    return nil
                }
                if let answer { continuation.resume(returning: answer) }
            }
        } onCancel: {
            let sleeper = state.withLock { state in
                state.cancelled.insert(id)
                return state.sleepers.removeValue(forKey: id)?.continuation
            }
            sleeper?.resume(returning: false)
        }
        if !slept { throw CancellationError() }
    }
}
