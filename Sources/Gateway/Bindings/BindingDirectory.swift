import Concurrency
package import KubernetesTypes
package import PlatformAPI

/// The bots that this gateway carries, as the bindings in its namespace say.
package final class BindingDirectory: Sendable {
    private struct State: Sendable {
        var bySecret: [ObjectKey: Binding] = [:]
        var byBotID: [BotID: Binding] = [:]
        var byOutgoingTopic: [String: Binding] = [:]
        var observers: [@Sendable () -> Void] = []
    }

    private let state = Locked(State())

    package init() {}

    package func binding(_ botID: BotID) -> Binding? { state.withLock { $0.byBotID[botID] } }

    package func binding(outgoingTopic: String) -> Binding? { state.withLock { $0.byOutgoingTopic[outgoingTopic] } }

    package var outgoingTopics: [String] { state.withLock { $0.byOutgoingTopic.keys.sorted() } }

    package var count: Int { state.withLock { $0.byBotID.count } }

    /// Takes a binding, new or changed, from the Secret of that name.
    package func upsert(_ key: ObjectKey, _ binding: Binding) {
        let observers = state.withLock { state in
            if let old = state.bySecret[key] { Self.remove(old, &state) }
            state.bySecret[key] = binding
            state.byBotID[binding.botID] = binding
            state.byOutgoingTopic[binding.outgoingTopic] = binding
            return state.observers
        }
        for observer in observers { observer() }
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
        state.byBotID[binding.botID] = nil
        state.byOutgoingTopic[binding.outgoingTopic] = nil
    }
}
