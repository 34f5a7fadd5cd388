import Concurrency
import Observability
package import PlatformAPI

/// Notices updates that are safe already: Telegram sends one again when its answer got lost.
///
/// This replica remembers what it has made safe itself. With ``SharedUpdates`` the replicas know of one another's, and of what was
/// before a restart; while they are away this goes on without them: a repeated update may then come through.
package final class DuplicateFilter: Sendable {
    private struct State: Sendable {
        var seen = SeenUpdates()
        var underWay: Set<Update> = []
    }

    private struct Update: Hashable, Sendable {
        let bot: BotID
        let id: Int64
    }

    /// What is known of an update that has come in.
    package enum Verdict: Sendable {
        /// Pass it on, and tell the filter how that ended.
        case new
        /// It is safe already.
        case duplicate
        /// It has come twice at the same time, and the first is not safe yet.
        case underWay
    }

    private let state = Locked(State())
    private let shared: (any SharedUpdates)?
    private let metrics: GatewayMetrics

    /// - Parameter shared: what the replicas know together; `nil`: nothing.
    package init(shared: (any SharedUpdates)? = nil, metrics: GatewayMetrics) {
        self.shared = shared
        self.metrics = metrics
    }

    /// Whether the replicas know of one another's updates.
    package var isShared: Bool { shared != nil }

    /// An update has come in. After ``Verdict/new`` call ``ended(_:_:isSafe:)``, or ask ``isKnownToOthers(_:_:)`` before.
    package func began(_ bot: BotID, _ id: Int64) -> Verdict {
        state.withLock { state -> Verdict in
            if state.seen.contains(id, of: bot) { return .duplicate }
            return state.underWay.insert(Update(bot: bot, id: id)).inserted ? .new : .underWay
        }
    }

    /// Whether an update that is new here was made safe by another replica; then it has ended here, too.
    package func isKnownToOthers(_ bot: BotID, _ id: Int64) async -> Bool {
        guard let shared else { return false }
        do {
            guard try await shared.contains(id, of: bot) else { return false }
        } catch {
            metrics.sharedUpdatesFailures.increment()
            return false
        }
        ended(bot, id, isSafe: true, isShared: true)
        return true
    }

    /// An update was passed on.
    /// - Parameter isSafe: it need not be sent again.
    package func ended(_ bot: BotID, _ id: Int64, isSafe: Bool) { ended(bot, id, isSafe: isSafe, isShared: false) }

    private func ended(_ bot: BotID, _ id: Int64, isSafe: Bool, isShared: Bool) {
        state.withLock { state in
            state.underWay.remove(Update(bot: bot, id: id))
            if isSafe { state.seen.insert(id, of: bot, now: .now) }
        }
        guard isSafe, !isShared, let shared else { return }
        // Telegram need not wait for it.
        Task { [metrics] in
            do {
                try await shared.insert(id, of: bot)
            } catch {
                metrics.sharedUpdatesFailures.increment()
            }
        }
    }
}
