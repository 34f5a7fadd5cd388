import Concurrency
import Foundation
import PlatformAPI
import Simulator
import TestRig

/// What the gateway's Bot API proxy adds to a call: the same calls by turns straight to the simulator and through the
/// gateway, one at a time, each on a connection that is kept.
struct ProxyBench {
    let options: BenchOptions
    let report: Report
    let platform: BenchPlatform

    private let user: Int64 = 8_000_000_000

    func run() async throws {
        let bot = try platform.simulator.createBot(BotSpec(username: "proxy_bot"))
        try platform.simulator.write(MessageSpec(bot: bot.id, user: user, text: "hello"))
        let bound = BoundBots(
            client: platform.client, brokers: platform.broker.bootstrapServers,
            bots: [(BotID(number: bot.id), bot.token)], secret: "proxy")
        try await bound.makeTopics()
        try await bound.bind()
        let gateway = try await platform.startGateway()
        try await gateway.waitUntilReady()
        let request = Self.request(bot.token, user)
        let (straight, proxied) = (platform.simulator.apiPort, platform.proxyPort)
        report.progress("\(options.proxyCalls) calls straight and as many through the proxy, by turns")
        let measuring = Task.detached { [count = options.proxyCalls] in
            try await Self.measure(request, straight: straight, proxied: proxied, count: count)
        }
        let times = try await measuring.value
        let usage = try gateway.usage
        await gateway.stop()
        for (name, percent) in [("median", 50.0), ("p99", 99)] {
            report.add(
                Figure(
                    .proxy, "a call through the proxy, \(name)", times.proxied.percentile(percent) * 1e6, "µs",
                    beside: ("straight to the simulator", times.straight.percentile(percent) * 1e6)))
        }
        report.add(
            Figure(.proxy, "overhead at the median", (times.proxied.median - times.straight.median) * 1e6, "µs"))
        report.add(Figure(.proxy, "gateway's memory", usage.resident, "MB"))
    }

    /// As pyTelegramBotAPI or grammY would send it.
    private static func request(_ token: String, _ user: Int64) -> [UInt8] {
        let body = #"{"chat_id":\#(user),"text":"A message of the usual length, as a bot answers it to a person."}"#
        let head =
            "POST /bot\(token)/sendMessage HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            + "Content-Length: \(body.utf8.count)\r\n\r\n"
        return Array((head + body).utf8)
    }

    /// On a thread of its own: the connections block.
    private static func measure(
        _ request: [UInt8], straight: UInt16, proxied: UInt16, count: Int
    ) async throws -> (straight: Samples, proxied: Samples) {
        try await withCheckedThrowingContinuation { continuation in
            Thread {
                let connections = [PacedConnection(port: straight), PacedConnection(port: proxied)]
                var times: [[Double]] = [[], []]
                let clock = ContinuousClock()
                // The first ones make connections and wake what sleeps.
                for number in -200..<count {
                    for index in 0..<2 {
                        let start = clock.now
                        guard connections[index].exchange(request) == 200 else {
                            let name = index == 0 ? "simulator" : "proxy"
                            let error = NotInTime(description: "the \(name) did not answer call \(number) with 200")
                            return continuation.resume(throwing: error)
                        }
                        if number >= 0 { times[index].append((clock.now - start).seconds) }
                    }
                }
                continuation.resume(returning: (Samples(times[0]), Samples(times[1])))
            }.start()
        }
    }
}
