import Concurrency
import PlatformAPI
import TelegramBotAPI

/// Holds calls of proxied bots back until Telegram's limits let them through: in each chat one after another, as they came.
/// A call waits for a short time only, as its bot waits for the answer; then the bot is told to come again.
final class ProxyTurns: Sendable {
    typealias Instant = ContinuousClock.Instant

    /// What a call is told.
    enum Turn: Sendable, Equatable {
        /// It is counted: make it.
        case now
        /// Not before so many seconds.
        case later(Int)
    }

    private struct Line: Hashable {
        let bot: BotID
        let chat: String
    }

    private enum Place { case free, first, behind }

    private struct Waiter {
        let id: UInt64
        let continuation: CheckedContinuation<Bool, Never>
    }

    private struct State {
        /// Chats that a call waits for the limit of, and the calls behind it.
        var lines: [Line: [Waiter]] = [:]
        var nextID: UInt64 = 0
    }

    private let state = Locked(State())
    private let limit: Duration
    private let clock = ContinuousClock()

    /// - Parameter limit: how long a call waits.
    init(limit: Duration) { self.limit = limit }

    /// Returns when the call may be made, or when it is known that it may not in time.
    func turn(for call: LimitedCall, of bot: BotID, _ limiter: BotLimiter) async -> Turn {
        let deadline = clock.now + limit
        guard call.kind != .uncounted, let chat = call.chat else { return await take(call, limiter, until: deadline) }
        let line = Line(bot: bot, chat: chat)
        let place = state.withLock { state -> Place in
            if state.lines[line] != nil { return .behind }
            // Without a wait there is no line.
            if limiter.take(call, now: clock.now) == nil { return .free }
            state.lines[line] = []
            return .first
        }
        switch place {
        case .free: return .now
        case .first: break
        case .behind:
            guard await park(in: line, until: deadline) else {
                let pause = limiter.take(LimitedCall(kind: .uncounted, chat: chat), now: clock.now)
                return .later(Self.seconds(pause, clock))
            }
        }
        defer { leave(line) }
        return await take(call, limiter, until: deadline)
    }

    private func take(_ call: LimitedCall, _ limiter: BotLimiter, until deadline: Instant) async -> Turn {
        while let at = limiter.take(call, now: clock.now) {
            guard at <= deadline, await sleepUnlessCancelled(for: at - clock.now) else {
                return .later(Self.seconds(at, clock))
            }
        }
        return .now
    }

    /// Waits to become the first of the line. False when the time has passed before; true makes it the first, who has to
    /// ``leave(_:)``.
    private func park(in line: Line, until deadline: Instant) async -> Bool {
        let id = state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        let timer = Task {
            guard await sleepUnlessCancelled(for: deadline - clock.now) else { return }
            giveUp(id, line)
        }
        defer { timer.cancel() }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isFirst = state.withLock { state in
                    guard state.lines[line] != nil else {
                        state.lines[line] = []
                        return true
                    }
                    state.lines[line]?.append(Waiter(id: id, continuation: continuation))
                    return false
                }
                if isFirst { continuation.resume(returning: true) } else if Task.isCancelled { giveUp(id, line) }
            }
        } onCancel: {
            giveUp(id, line)
        }
    }

    private func giveUp(_ id: UInt64, _ line: Line) {
        let waiter = state.withLock { state -> Waiter? in
            guard let index = state.lines[line]?.firstIndex(where: { $0.id == id }) else { return nil }
            return state.lines[line]?.remove(at: index)
        }
        waiter?.continuation.resume(returning: false)
    }

    private func leave(_ line: Line) {
        let next = state.withLock { state -> Waiter? in
            guard state.lines[line]?.isEmpty == false else {
                state.lines[line] = nil
                return nil
            }
            return state.lines[line]?.removeFirst()
        }
        next?.continuation.resume(returning: true)
    }

    /// Whole seconds from now, at least one.
    private static func seconds(_ at: Instant?, _ clock: ContinuousClock) -> Int {
        guard let at else { return 1 }
        return max(1, Int((at - clock.now).seconds.rounded(.up)))
    }
}
