import Concurrency
package import KubernetesTypes
package import PlatformAPI

/// The bots that this gateway carries, as the bindings in its namespace say.
package final class BindingDirectory: Sendable {
    private struct State: Sendable {
        var bySecret: [ObjectKey: Binding] = [:]
        var byBotID: [BotID: CarriedBot] = [:]
        var byOutgoingTopic: [String: Binding] = [:]
        var observers: [@Sendable () -> Void] = []
    }

    private let state = Locked(State())

    package init() {}

    /// The bot of that id.
    package func binding(_ botID: BotID) -> Binding? { carried(botID)?.binding }

    /// The bot of that id, for what is done often.
    package func carried(_ botID: BotID) -> CarriedBot? { state.withLock { $0.byBotID[botID] } }

    /// The bot whose answers are on that topic.
    package func binding(outgoingTopic: String) -> Binding? { state.withLock { $0.byOutgoingTopic[outgoingTopic] } }

    /// The topics with all bots' answers, sorted.
    package var outgoingTopics: [String] { state.withLock { $0.byOutgoingTopic.keys.sorted() } }

    /// The bots whose updates are to be asked for.
    package var polled: [Binding] { state.withLock { $0.byBotID.values.map(\.binding).filter(\.isPolled) } }

    /// How many bots are carried.
    package var count: Int { state.withLock { $0.byBotID.count } }

    /// Takes a binding, new or changed, from the Secret of that name.
    /// - Returns: `false` when it is known already.
    @discardableResult package func upsert(_ key: ObjectKey, _ binding: Binding) -> Bool {
        let observers = state.withLock { state -> [@Sendable () -> Void]? in
            let old = state.bySecret[key]
            if old == binding { return nil }
            state.bySecret[key] = binding
            if let old { Self.remove(old, &state) }
            state.byBotID[binding.botID] = CarriedBot(binding)
            state.byOutgoingTopic[binding.outgoingTopic] = binding
            return state.observers
        }
        for observer in observers ?? [] { observer() }
        return observers != nil
    }

    /// Forgets the binding that the Secret of that name held.
    package func remove(_ key: ObjectKey) {
        let observers = state.withLock { state -> [@Sendable () -> Void] in
            guard let old = state.bySecret.removeValue(forKey: key) else { return [] }
            Self.remove(old, &state)
            return state.observers
        }
        for observer in observers { observer() }
    }

    /// Calls `observer` after every change, on whatever thread made it.
    package func observe(_ observer: @escaping @Sendable () -> Void) {
        state.withLock { $0.observers.append(observer) }
    }

    private static func remove(_ binding: Binding, _ state: inout State) {
        // Another Secret may have the same bot: while the operator renames one, or by somebody's mistake.
        state.byBotID[binding.botID] = state.bySecret.values.first { $0.botID == binding.botID }.map(CarriedBot.init)
        state.byOutgoingTopic[binding.outgoingTopic] = state.bySecret.values.first {
            $0.outgoingTopic == binding.outgoingTopic
        }
    }
}
