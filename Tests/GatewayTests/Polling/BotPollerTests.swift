import Concurrency
import Observability
import PlatformAPI
import TelegramBotAPI
import Testing

@testable import Gateway

/// Telegram's side of getUpdates, as far as a poller sees it, and the broker's.
private final class Script: Sendable {
    struct State {
        var pending: [PolledUpdate] = []
        var offsets: [Int64?] = []
        var failures: [TelegramError] = []
        var taken: [Int64] = []
        var results: [Int64: [IntakeResult]] = [:]
    }

    let state = Locked(State())
    let registry = MetricsRegistry()
    let isSole = Locked(true)

    func update(_ id: Int64, chat: Int64 = 1) -> PolledUpdate {
        let bytes = Array(#"{"update_id":\#(id),"message":{"chat":{"id":\#(chat)}}}"#.utf8)
        return PolledUpdate(bytes: bytes, id: id, fields: try? UpdateFields.scan(bytes))
    }

    func poller() -> BotPoller {
        BotPoller(
            Binding(botID: BotID(number: 1), owner: "b/x", token: "1:A", webhookSecrets: ["s"], polling: .init()),
            ask: { (offset, limit, wait) async throws(TelegramError) in try await self.ask(offset, limit, wait) },
            environment: BotPoller.Environment(
                take: { await self.take($0) }, wait: { .seconds(60) }, isSoleOwner: { self.isSole.withLock { $0 } },
                metrics: PollingMetrics(registry), logger: .silent))
    }

    private func ask(_ offset: Int64?, _ limit: Int, _ wait: Duration) async throws(TelegramError) -> [PolledUpdate] {
        let until = ContinuousClock.now + wait
        let failure = state.withLock { state -> TelegramError? in
            state.offsets.append(offset)
            return state.failures.isEmpty ? nil : state.failures.removeFirst()
        }
        if let failure { throw failure }
        while true {
            let updates = state.withLock { state -> [PolledUpdate] in
                if let offset { state.pending.removeAll { $0.id < offset } }
                return Array(state.pending.prefix(limit))
            }
            if !updates.isEmpty || ContinuousClock.now >= until { return updates }
            guard await sleepUnlessCancelled(for: .milliseconds(5)) else {
                throw TelegramError(.cancelled, "getUpdates: the call was cancelled")
            }
        }
    }

    private func take(_ update: IncomingUpdate) async -> IntakeResult {
        state.withLock { state in
            let id = update.fields.updateID
            let result = state.results[id]?.first ?? .accepted
            state.results[id] = state.results[id].map { Array($0.dropFirst()) }.flatMap { $0.isEmpty ? nil : $0 }
            if result == .accepted { state.taken.append(id) }
            return result
        }
    }

    /// Runs a poller until a condition holds, and to its end.
    func run(until condition: @escaping @Sendable (State) -> Bool) async throws {
        let poller = poller()
        let task = Task { await poller.run() }
        let deadline = ContinuousClock.now + .seconds(40)
        while !state.withLock({ condition($0) }), ContinuousClock.now < deadline {
            try await Task.sleep(for: .milliseconds(5))
        }
        #expect(state.withLock { condition($0) }, "not within 40 s")
        poller.stop()
        await task.value
    }
}

@Suite struct BotPollerTests {
    @Test func updatesAreTakenAndConfirmedAndTheLastToo() async throws {
        let script = Script()
        script.state.withLock { $0.pending = (1...3).map { script.update($0) } }
        try await script.run { $0.taken == [1, 2, 3] }
        script.state.withLock { state in
            #expect(state.offsets.first == .some(nil))
            #expect(state.pending.isEmpty, "whoever comes next does not get them again")
        }
    }

    @Test func whatTheBrokerDoesNotTakeStaysAtTelegramWithAllBehindItInItsChat() async throws {
        let script = Script()
        script.state.withLock { state in
            state.pending = [
                script.update(1), script.update(2, chat: 7), script.update(3), script.update(4, chat: 7),
            ]
            state.results[3] = [.unavailable]
        }
        // 4 is safe and comes again, as Telegram keeps all from 3 on: the intake would say so.
        try await script.run { $0.taken.contains(3) && $0.pending.isEmpty }
        script.state.withLock { state in
            #expect(state.taken.filter { [1, 3].contains($0) } == [1, 3])
            #expect(state.taken.filter { [2, 4].contains($0) } == [2, 4, 4])
            #expect(state.offsets.contains(3))
        }
    }

    @Test func whatCannotBeTakenIsPassedBy() async throws {
        let script = Script()
        script.state.withLock { state in
            state.pending = [script.update(1), PolledUpdate(bytes: [123, 125], id: 2, fields: nil), script.update(3)]
            state.results[1] = [.tooLarge]
        }
        try await script.run { $0.taken == [3] && $0.pending.isEmpty }
        let metrics = PollingMetrics(script.registry)
        #expect(metrics.updates.value(["too_large"]) == 1)
        #expect(metrics.updates.value(["not_an_update"]) == 1)
    }

    @Test func failuresAreWaitedForAndCounted() async throws {
        let script = Script()
        script.state.withLock { state in
            state.failures = [
                TelegramError(.conflict, "", apiDescription: "Conflict: terminated by setWebhook request"),
                TelegramError(.server, "", apiDescription: "Bad Gateway"),
            ]
            state.pending = [script.update(1)]
        }
        try await script.run { $0.taken == [1] }
        let metrics = PollingMetrics(script.registry)
        #expect(metrics.polls.value(["webhook_set"]) == 1 && metrics.polls.value(["failed"]) == 1)
        #expect(metrics.polls.value(["updates"]) == 1)
    }

    /// A poller whose replica may have been taken for dead leaves the bot to whoever else asks.
    @Test func aBotIsLeftToAnotherWhileTheLeasesCannotBeRead() async throws {
        let script = Script()
        script.isSole.withLock { $0 = false }
        script.state.withLock { state in
            state.failures = [
                TelegramError(.conflict, "", apiDescription: "Conflict: terminated by other getUpdates request")
            ]
            state.pending = [script.update(1)]
        }
        let poller = script.poller()
        let task = Task { await poller.run() }
        let metrics = PollingMetrics(script.registry)
        let deadline = ContinuousClock.now + .seconds(40)
        while metrics.polls.value(["other_poller"]) == 0, ContinuousClock.now < deadline {
            try await Task.sleep(for: .milliseconds(5))
        }
        try await Task.sleep(for: .seconds(3))
        #expect(script.state.withLock { $0.offsets.count } == 1)
        script.isSole.withLock { $0 = true }
        while script.state.withLock({ $0.taken.isEmpty }), ContinuousClock.now < deadline {
            try await Task.sleep(for: .milliseconds(5))
        }
        #expect(script.state.withLock { $0.taken } == [1])
        poller.stop()
        await task.value
    }

    @Test func aPauseAndACallThatWaitsEndAtOnce() async throws {
        let refused = Script()
        refused.state.withLock { $0.failures = [TelegramError(.unauthorized, "", apiDescription: "Unauthorized")] }
        let start = ContinuousClock.now
        try await refused.run { $0.offsets.count == 1 }
        let waiting = Script()
        try await waiting.run { $0.offsets.count == 1 }
        // The pause would last 60 s, and so would the call.
        #expect(ContinuousClock.now - start < .seconds(60))
    }
}
