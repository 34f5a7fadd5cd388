import Foundation
import PlatformAPI
import Simulator
import TestRig
import Testing

/// Gateways are killed and replaced while people write; every update is counted by its number.
@Suite(.serialized) struct GatewayFaultTests {
    @Test(.timeLimit(.minutes(10))) func aGatewayKilledTwentyTimesLosesNoUpdate() async throws {
        try await Platform.with { platform in
            let bots = try await Self.makeBots(2, platform)
            let crowd = Crowd(platform, bots: bots)
            try await Self.during(crowd) {
                for _ in 0..<20 {
                    let before = try crowd.delivered()
                    try await platform.eventually("updates are taken") {
                        try crowd.delivered() > before ? nil : "none is"
                    }
                    try await Task.sleep(for: .milliseconds(Int.random(in: 0...400)))
                    await platform.process("gateway")?.terminate(signal: SIGKILL)
                    try await platform.startGateway()
                }
            }
            // Only those that Telegram sent again, because their answer died with a gateway.
            try await crowd.checkUpdates { bot in
                try platform.simulator.state(of: bot.id).updates.failedAttempts
            }
        }
    }

    @Test(.timeLimit(.minutes(10))) func replicasThatRollUnderLoadLoseNothingAndDoubleNoUpdate() async throws {
        try await Platform.with(Platform.Options(startsGateway: false)) { platform in
            let replicas = try (0..<2).map { _ in
                LoadBalancer.Replica(port: try LoopbackPort.free(), healthPort: try LoopbackPort.free())
            }
            let balancer = try LoadBalancer.start(port: platform.webhookPort, replicas: replicas)
            func start(_ index: Int) async throws {
                try await platform.startGateway(
                    "gateway-\(index)", port: replicas[index].port, healthPort: replicas[index].healthPort,
                    drainDelay: "2s")
                try await platform.waitUntilReady(healthPort: replicas[index].healthPort)
            }
            let result: Result<Void, any Error>
            do {
                for index in replicas.indices { try await start(index) }
                let bots = try await Self.makeBots(2, platform)
                let workers = try bots.map {
                    try EchoWorker(BotID(number: $0.id), bootstrapServers: platform.broker.bootstrapServers)
                }
                let crowd = Crowd(platform, bots: bots)
                try await Self.during(crowd) {
                    for _ in 0..<2 {
                        for index in replicas.indices {
                            try await Task.sleep(for: .seconds(1))
                            let exit = await platform.process("gateway-\(index)")?.terminate(patience: .seconds(60))
                            #expect(exit == .code(0))
                            try await start(index)
                        }
                    }
                    try await Task.sleep(for: .seconds(1))
                }
                try await crowd.checkUpdates { _ in 0 }
                // This broker refuses each commit that meets a rebalance, and takes the topic away with it: what was sent since
                // the commit before, some 50 ms of it, is sent again by the other replica.
                try await crowd.checkAnswers(repeats: 100)
                for worker in workers { try await worker.stop() }
                result = .success(())
            } catch {
                result = .failure(error)
            }
            await balancer.stop()
            try result.get()
        }
    }

    /// Bots that are Ready.
    private static func makeBots(_ count: Int, _ platform: Platform) async throws -> [BotInfo] {
        let bots = try await platform.makeBots((0..<count).map { "bot-\($0)" })
        try await platform.apply(bots.map { Platform.manifest($0.name) }.joined(separator: "\n---\n"))
        for bot in bots { try await platform.waitFor(.ready, of: bot.name, "True/Ready") }
        return bots.map(\.info)
    }

    /// Runs `body` while the crowd writes.
    private static func during(_ crowd: Crowd, _ body: () async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await crowd.write() }
            do {
                try await body()
            } catch {
                crowd.stop()
                throw error
            }
            crowd.stop()
            try await group.waitForAll()
        }
    }
}
