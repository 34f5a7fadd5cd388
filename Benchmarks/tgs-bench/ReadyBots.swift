import Concurrency
import KubernetesClient
import KubernetesTypes
import PlatformAPI

/// Counts TelegramBots that are ready, by a watch: polling lists of thousands would slow down what is measured.
final class ReadyBots: Sendable {
    private struct State {
        var ready: Set<ObjectKey> = []
        var lastChange = ContinuousClock.now
    }

    private let client: KubernetesClient
    private let state = Locked(State())

    init(_ client: KubernetesClient) { self.client = client }

    var count: Int { state.withLock { $0.ready.count } }

    /// When the latest bot became ready.
    var lastChange: ContinuousClock.Instant { state.withLock { $0.lastChange } }

    /// Follows the bots until the task is cancelled.
    func run() async {
        while !Task.isCancelled {
            do {
                let list = try await client.listAll(TelegramBot.self, namespace: BenchPlatform.namespace)
                for bot in list.items { see(bot) }
                let options = WatchOptions(resourceVersion: list.metadata.resourceVersion ?? "")
                for try await event in try await client.watch(
                    TelegramBot.self, namespace: BenchPlatform.namespace, options: options)
                {
                    switch event {
                    case .added(let bot), .modified(let bot): see(bot)
                    case .deleted, .bookmark: break
                    }
                }
            } catch {
                // The server ends watches; a list brings us up to date again.
                _ = await sleepUnlessCancelled(for: .milliseconds(200))
            }
        }
    }

    /// Waits until `wanted` bots are ready, or the time has passed.
    /// - Returns: how many are ready.
    func wait(for wanted: Int, within limit: Duration, progress: (Int) -> Void) async -> Int {
        let start = ContinuousClock.now
        var told = start
        while count < wanted, ContinuousClock.now - start < limit {
            guard await sleepUnlessCancelled(for: .milliseconds(20)) else { break }
            guard ContinuousClock.now - told > .seconds(30) else { continue }
            told = ContinuousClock.now
            progress(count)
        }
        return count
    }

    private func see(_ bot: TelegramBot) {
        guard bot.isReady else { return }
        state.withLock { state in
            if state.ready.insert(bot.key).inserted { state.lastChange = ContinuousClock.now }
        }
    }
}
