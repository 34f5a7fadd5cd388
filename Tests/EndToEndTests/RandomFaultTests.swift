import Foundation
import KubernetesClient
import KubernetesTypes
import PlatformAPI
import Simulator
import TestRig
import Testing

/// Everything around the operator fails at moments of no choice, while bots are made, changed and deleted. When it is over,
/// all is as it should be.
@Suite(.serialized) struct RandomFaultTests {
    /// splitmix64: the same faults for the same seed.
    private struct Dice: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9e37_79b9_7f4a_7c15
            var value = state
            value = (value ^ (value >> 30)) &* 0xbf58_476d_1ce4_e5b9
            value = (value ^ (value >> 27)) &* 0x94d0_49bb_1331_11eb
            return value ^ (value >> 31)
        }
    }

    private enum Trouble: CaseIterable { case apiServer, broker, telegram, operatorKilled }

    @Test(.timeLimit(.minutes(10))) func allIsAsItShouldBeWhenItIsOver() async throws {
        // Set TGS_FAULT_SEED to repeat a run.
        let seed = ProcessInfo.processInfo.environment["TGS_FAULT_SEED"].flatMap { UInt64($0) } ?? .random(in: 0...9999)
        var dice = Dice(state: seed)
        print("TGS_FAULT_SEED=\(seed)")
        try await Platform.with { platform in
            var bots: [(name: String, info: BotInfo)] = []
            for number in 0..<12 {
                let name = "storm-\(number)"
                bots.append((name, try await platform.makeBot(name)))
            }
            try await platform.apply(bots.prefix(8).map { Platform.manifest($0.name) }.joined(separator: "\n---\n"))
            for round in 0..<6 {
                let trouble = Trouble.allCases.randomElement(using: &dice) ?? .broker
                let length = Duration.milliseconds(Int.random(in: 300...3000, using: &dice))
                print("round \(round): \(trouble) for \(length)")
                switch trouble {
                case .apiServer:
                    await platform.controlPlane.stopAPIServer()
                    try await Task.sleep(for: length)
                    try await platform.controlPlane.startAPIServer()
                case .broker:
                    await platform.broker.stop()
                    try await Task.sleep(for: length)
                    try await platform.broker.restart()
                case .telegram:
                    for (code, seconds) in [(429, 1), (502, nil), (500, nil)] as [(Int, Int?)] {
                        var fault = FaultSpec()
                        fault.errorCode = code
                        fault.retryAfter = seconds
                        fault.probability = 0.3
                        try platform.simulator.addFault(fault)
                    }
                    var slow = FaultSpec()
                    slow.delayMilliseconds = 700
                    slow.probability = 0.2
                    try platform.simulator.addFault(slow)
                    try await Task.sleep(for: length)
                    try platform.simulator.removeFaults()
                case .operatorKilled:
                    await platform.process("operator")?.terminate(signal: SIGKILL)
                    try await Task.sleep(for: length / 4)
                    try await platform.startOperator()
                }
                // One more bot each round, and a change of one that is there.
                if round < 4 { try await platform.apply(Platform.manifest(bots[8 + round].name)) }
                let changed = bots[Int.random(in: 0..<8, using: &dice)].name
                try await platform.apply(
                    Platform.manifest(changed, more: "  updates: {maxConnections: \(20 + round)}"))
            }
            for bot in bots {
                try await platform.waitFor(.ready, of: bot.name, "True/Ready", within: .seconds(120))
                #expect(try await platform.owned(bot.name, bot.info).count == 4, "\(bot.name)")
                #expect(try await platform.topics(bot.info).count == 3, "\(bot.name)")
                let binding = try await platform.client.get(
                    Secret.self, ObjectKey(namespace: "tgs-system", name: BotID(number: bot.info.id).bindingName))
                let webhook = try platform.simulator.state(of: bot.info.id).webhook
                #expect(webhook?.secretToken == (try Binding(binding).webhookSecrets.first), "\(bot.name)")
                let wanted = try await platform.bot(bot.name)?.spec.maxConnections
                #expect(webhook?.maxConnections == wanted, "\(bot.name)")
            }
            _ = try await platform.controlPlane.kubectl(
                "delete", "telegrambots", "--all", "-n", "bots", "--timeout=120s")
            for bot in bots {
                #expect(try await platform.owned(bot.name, bot.info).isEmpty, "\(bot.name)")
                #expect(try platform.simulator.state(of: bot.info.id).webhook == nil, "\(bot.name)")
            }
        }
    }
}
