import Concurrency
import Foundation
import KubernetesClient
import KubernetesTypes
import PlatformAPI
import Simulator
import TestRig
import Testing

/// Everything around the operator and the gateway fails at moments of no choice, they themselves too, while bots are made,
/// changed and deleted and people write to them. When it is over, all is as it should be.
@Suite(.serialized) struct RandomFaultTests {
    /// Bots that people write to; they live through it all.
    private static let talking = 0..<4
    /// There from the start and changed; one of them has its token refused for a while.
    private static let changed = 4..<7
    private static let deleted = 7..<9
    /// Deleted, and applied again as soon as it is gone.
    private static let again = 9
    /// Made in the middle of it.
    private static let late = 10..<12

    @Test(.timeLimit(.minutes(30))) func allIsAsItShouldBeWhenItIsOver() async throws {
        let environment = ProcessInfo.processInfo.environment
        let seed = environment["TGS_FAULT_SEED"].flatMap { UInt64($0) } ?? .random(in: 0...99_999)
        let longest = environment["TGS_FAULT_SECONDS"].flatMap { Double($0) } ?? 4
        let storm = Storm(seed: seed, longest: .seconds(longest))
        print("TGS_FAULT_SEED=\(seed)\n\(storm)")
        do {
            try await Platform.with { platform in try await weather(storm, platform, "TGS_FAULT_SEED=\(seed)") }
        } catch {
            Issue.record("TGS_FAULT_SEED=\(seed): \(error)")
        }
    }

    private func weather(_ storm: Storm, _ platform: Platform, _ seed: String) async throws {
        try await Self.startOperator(platform)
        let bots = try await platform.makeBots((0..<12).map { "storm-\($0)" })
        let wishes = Locked<[String: Int]>([:])
        @Sendable func apply(_ number: Int, connections: Int) async throws {
            let name = bots[number].name
            try await platform.eventually("\(name) is applied", within: storm.patience) {
                try await platform.apply(
                    Platform.manifest(name, more: "  updates: {maxConnections: \(connections)}"))
                return nil
            }
            wishes.withLock { $0[name] = connections }
        }
        @Sendable func delete(_ number: Int) async throws {
            let name = bots[number].name
            try await platform.eventually("the deletion of \(name) is taken", within: storm.patience) {
                _ = try await platform.controlPlane.kubectl(
                    "delete", "telegrambot", name, "-n", "bots", "--wait=false", "--ignore-not-found")
                return nil
            }
            wishes.withLock { $0[name] = nil }
        }
        let early = bots.prefix(Self.late.lowerBound).map(\.name)
        try await platform.apply(
            early.map { Platform.manifest($0, more: "  updates: {maxConnections: 40}") }.joined(separator: "\n---\n"))
        for name in early { wishes.withLock { $0[name] = 40 } }

        let isOver = Locked(false)
        let written = Locked<[Written]>([])
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                defer { isOver.withLock { $0 = true } }
                for gust in storm.gusts { try await Self.blow(gust, storm, platform, bots.map(\.info.id)) }
                try platform.simulator.removeFaults()
            }
            group.addTask {
                for deed in storm.deeds {
                    try await Task.sleep(for: deed.pause)
                    if let connections = deed.connections {
                        try await apply(deed.bot, connections: connections)
                    } else {
                        try await delete(deed.bot)
                    }
                }
            }
            group.addTask {
                try await Task.sleep(for: storm.returnsAfter)
                try await delete(Self.again)
                try await platform.eventually("the bot is gone", within: storm.patience * 3) {
                    try await platform.bot(bots[Self.again].name) == nil ? nil : "still there"
                }
                try await apply(Self.again, connections: 30)
            }
            group.addTask {
                var number = 0
                while !isOver.withLock({ $0 }) {
                    for bot in Self.talking.map({ bots[$0].info.id }) {
                        let chat = Int64(100 + number % 3)
                        let receipts = try platform.simulator.write(
                            MessageSpec(bot: bot, user: chat, text: "message \(number)"))
                        let ids = receipts.compactMap(\.updateID)
                        written.withLock { all in all += ids.map { Written(bot: bot, chat: chat, update: $0) } }
                    }
                    number += 1
                    try await Task.sleep(for: .milliseconds(100))
                }
            }
            try await group.waitForAll()
        }

        try await Self.checkPeace(platform, bots, wishes.withLock { $0 }, seed)
        try await Self.checkUpdates(platform, written.withLock { $0 }, seed)
        // Nothing went down that was not shot down.
        for name in ["operator", "gateway"] { #expect(platform.process(name)?.isRunning == true, "\(seed): \(name)") }

        _ = try await platform.controlPlane.kubectl("delete", "telegrambots", "--all", "-n", "bots", "--timeout=120s")
        try await Self.checkPeace(platform, bots, [:], seed)
    }

    // MARK: What happens

    /// - Parameter bots: their numbers at Telegram.
    private static func blow(
        _ gust: Storm.Gust, _ storm: Storm, _ platform: Platform, _ bots: [Int64]
    ) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (trouble, length) in gust.troubles {
                group.addTask { try await cause(trouble, for: length, storm, platform, bots) }
            }
            try await group.waitForAll()
        }
        try await Task.sleep(for: gust.lull)
    }

    private static func cause(
        _ trouble: Storm.Trouble, for length: Duration, _ storm: Storm, _ platform: Platform, _ bots: [Int64]
    ) async throws {
        switch trouble {
        case .apiServerKilled:
            await platform.controlPlane.stopAPIServer()
            try await Task.sleep(for: length)
            try await platform.controlPlane.startAPIServer()
        case .apiServerFrozen:
            platform.controlPlane.freezeAPIServer()
            defer { platform.controlPlane.thawAPIServer() }
            try await Task.sleep(for: length)
        case .brokerStopped:
            try await platform.stopBroker()
            try await Task.sleep(for: length)
            try await platform.broker.restart()
        case .brokerFrozen:
            platform.broker.freeze()
            defer { platform.broker.thaw() }
            try await Task.sleep(for: length)
        case .telegram:
            let faults = try telegramFaults().map { try platform.simulator.addFault($0).id }
            try await Task.sleep(for: length)
            for fault in faults { try platform.simulator.removeFault(fault) }
        case .tokenRefused(let number):
            var fault = FaultSpec()
            fault.bot = bots[number]
            fault.errorCode = 401
            let id = try platform.simulator.addFault(fault).id
            // So that it is asked for the bot.
            try await platform.eventually("a change is taken", within: storm.patience) {
                _ = try await platform.controlPlane.kubectl(
                    "annotate", "telegrambot", "storm-\(number)", "-n", "bots", "--overwrite",
                    "telegram-serverless.io/rotate-webhook-secret=\(length)")
                return nil
            }
            try await platform.eventually("the token is refused", within: storm.patience) {
                platform.simulator.faults().first { $0.id == id }?.seen ?? 0 > 0 ? nil : "it was not used"
            }
            try await Task.sleep(for: length)
            try platform.simulator.removeFault(id)
        case .operatorKilled:
            await platform.process("operator")?.terminate(signal: SIGKILL)
            try await Task.sleep(for: length)
            try await startOperator(platform)
        case .gatewayKilled:
            await platform.process("gateway")?.terminate(signal: SIGKILL)
            try await Task.sleep(for: length)
            try await platform.startGateway()
        }
    }

    /// Short time-outs, as no worker answers here; and a bot whose token was refused is looked at again soon.
    private static func startOperator(_ platform: Platform) async throws {
        await platform.process("operator")?.terminate(signal: SIGKILL)
        try await platform.startOperator([
            "--telegram-timeout", "2s", "--drain-timeout", "3s", "--resync-interval", "20s",
        ])
    }

    /// For a part of the calls each; the rest is answered.
    private static func telegramFaults() -> [FaultSpec] {
        func fault(_ probability: Double, _ change: (inout FaultSpec) -> Void) -> FaultSpec {
            var fault = FaultSpec()
            fault.probability = probability
            change(&fault)
            return fault
        }
        return [
            fault(0.3) {
                $0.errorCode = 429
                $0.retryAfter = 1
            },
            fault(0.2) { $0.errorCode = 500 },
            fault(0.2) {
                $0.errorCode = 502
                $0.body = "<html>Bad Gateway</html>"
            },
            // Longer than the operator waits.
            fault(0.2) { $0.delayMilliseconds = 4000 },
            fault(0.1) { $0.cut = .before },
            fault(0.1) { $0.cut = .after },
        ]
    }

    // MARK: What must be true afterwards

    private struct Written: Sendable {
        let bot: Int64
        let chat: Int64
        let update: Int64
    }

    /// The bots that are wanted are there, each as its resource says, and nothing else is.
    /// - Parameter wishes: `maxConnections` by name.
    private static func checkPeace(
        _ platform: Platform, _ bots: [(name: String, info: BotInfo)], _ wishes: [String: Int], _ seed: String
    ) async throws {
        for bot in bots {
            guard let connections = wishes[bot.name] else {
                try await platform.eventually("\(bot.name) is gone", within: .seconds(120)) {
                    try await platform.bot(bot.name) == nil ? nil : "still there"
                }
                #expect(try await platform.topics(bot.info).isEmpty, "\(seed): \(bot.name)")
                #expect(try platform.simulator.state(of: bot.info.id).webhook == nil, "\(seed): \(bot.name)")
                continue
            }
            try await platform.eventually("\(bot.name) is ready", within: .seconds(120)) {
                try await platform.runWorkers(of: bot.name)
                guard let found = try await platform.bot(bot.name) else { return "it is not there" }
                let ready = found.status?.conditions?.first { $0.type == ConditionType.ready.rawValue }
                guard found.status?.observedGeneration == found.metadata.generation, ready?.status == .true else {
                    return "\(ready.map { "\($0)" } ?? "no condition")"
                }
                // Telegram is told a new secret some seconds after the gateway; the bot is Ready all the time.
                let webhook = try platform.simulator.state(of: bot.info.id).webhook
                let secret = try await binding(of: bot.info, platform).webhookSecrets.first
                let isTold = webhook?.maxConnections == connections && webhook?.secretToken == secret
                return isTold ? nil : "\(webhook.map { "\($0)" } ?? "no webhook")"
            }
            let id = BotID(number: bot.info.id)
            #expect(
                try await platform.topics(bot.info)
                    == [id.incomingTopic: 3, id.outgoingTopic: 1, id.deadLetterTopic: 1], "\(seed): \(bot.name)")
            let webhook = try platform.simulator.state(of: bot.info.id).webhook
            #expect(webhook?.url.hasSuffix(id.webhookPath) == true, "\(seed): \(bot.name)")
            #expect(try await binding(of: bot.info, platform).token == bot.info.token, "\(seed): \(bot.name)")
        }
        let workers = Set(wishes.keys.map { "bot-\($0)" })
        let bindings = Set(bots.filter { wishes[$0.name] != nil }.map { BotID(number: $0.info.id).bindingName })
        #expect(try await platform.names("deployments", in: "bots") == workers, "\(seed)")
        #expect(try await platform.names("scaledobjects", in: "bots") == workers, "\(seed)")
        #expect(try await platform.names("secrets", in: "bots").filter { $0.hasPrefix("bot-") } == workers, "\(seed)")
        #expect(
            try await platform.names("secrets", in: "tgs-system").filter { $0.hasPrefix("binding-") } == bindings,
            "\(seed)")
    }

    private static func binding(of bot: BotInfo, _ platform: Platform) async throws -> Binding {
        let key = ObjectKey(namespace: "tgs-system", name: BotID(number: bot.id).bindingName)
        return try Binding(try await platform.client.get(Secret.self, key))
    }

    /// Every update is in Kafka, and those of a chat are in their order. One may be there twice: when it was not acknowledged
    /// in time, Telegram sends it again.
    private static func checkUpdates(_ platform: Platform, _ written: [Written], _ seed: String) async throws {
        #expect(written.count > 100, "\(seed): people could write")
        for (bot, written) in Dictionary(grouping: written, by: \.bot) {
            try await platform.eventually("all updates of \(bot) are delivered", within: .seconds(120)) {
                let state = try platform.simulator.state(of: bot)
                return state.pending == 0 ? nil : "\(state)"
            }
            #expect(try platform.simulator.state(of: bot).updates.expired == 0, "\(seed): \(bot)")
            let updates = try await platform.updates(of: BotID(number: bot))
            for (chat, written) in Dictionary(grouping: written, by: \.chat) {
                var seen: Set<Int64> = []
                let found = updates.filter { $0.chat == chat && seen.insert($0.update).inserted }.map(\.update)
                let wanted = written.map(\.update)
                #expect(wanted.filter { !seen.contains($0) } == [], "\(seed): lost by bot \(bot), chat \(chat)")
                // Out of their order: each with what came before it.
                let late = zip(found, found.dropFirst()).filter { $0 > $1 }.map { [$0, $1] }
                #expect(late == [], "\(seed): bot \(bot), chat \(chat)")
            }
            let strange = Set(updates.map(\.update)).subtracting(written.map(\.update))
            #expect(strange.isEmpty, "\(seed): of nobody, bot \(bot)")
        }
    }
}
