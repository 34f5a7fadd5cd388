import Concurrency
import Foundation
import HTTPClient
import HTTPTypes
import JSON
import PlatformAPI
import Simulator
import TestRig
import Testing

/// The gateway is killed under bots that poll through its proxy; every update is counted by its number.
@Suite(.serialized) struct ProxyFaultTests {
    @Test(.timeLimit(.minutes(10))) func aBotBehindTheProxyGetsEveryUpdateOfAKilledGateway() async throws {
        try await Platform.with { platform in
            let bot = try await platform.makeBot("shop")
            try await platform.apply(Platform.manifest("shop"))
            try await platform.waitFor(.ready, of: "shop", "True/Ready")
            let http = try HTTPClient()
            let poller = ProxyPoller("http://127.0.0.1:\(platform.proxyPort)/bot\(bot.token)", http)
            let polling = Task { await poller.run() }
            let crowd = Crowd(platform, bots: [bot])
            let writing = Task { try await crowd.write() }
            let result: Result<Void, any Error>
            do {
                for _ in 0..<5 {
                    let before = poller.got.count
                    try await platform.eventually("the bot gets updates") {
                        let count = poller.got.count - before
                        return count >= 20 ? nil : "\(count)"
                    }
                    try await Task.sleep(for: .milliseconds(Int.random(in: 0...300)))
                    await platform.process("gateway")?.terminate(signal: SIGKILL)
                    try await platform.startGateway()
                }
                crowd.stop()
                try await writing.value
                try await Self.check(platform, bot, crowd, poller)
                result = .success(())
            } catch {
                result = .failure(error)
            }
            crowd.stop()
            polling.cancel()
            await polling.value
            await http.shutdown()
            try result.get()
        }
    }

    private static func check(
        _ platform: Platform, _ bot: BotInfo, _ crowd: Crowd, _ poller: ProxyPoller
    ) async throws {
        try await crowd.checkUpdates { try platform.simulator.state(of: $0.id).updates.failedAttempts }
        let written = crowd.written
        try await platform.eventually("the bot has got all updates", within: .seconds(120)) {
            let missing = Set(written.map(\.update)).subtracting(poller.got.map(\.update))
            return missing.isEmpty ? nil : "\(missing.count) are missing"
        }
        let got = poller.got
        for (chat, mine) in Dictionary(grouping: written, by: \.chat) {
            var seen: Set<Int64> = []
            let found = got.filter { $0.chat == chat && seen.insert($0.update).inserted }.map(\.update)
            #expect(found == mine.map(\.update), "chat \(chat)")
        }
        // What is on the topic twice, Telegram has sent twice.
        var first: Set<Int64> = []
        let twice = Set(
            try await platform.updates(of: BotID(number: bot.id)).map(\.update).filter { !first.insert($0).inserted })
        first = []
        let again = got.map(\.update).filter { !first.insert($0).inserted }
        let unexpected = Set(again).subtracting(twice).subtracting(poller.unconfirmed)
        #expect(unexpected.isEmpty, "given again though they were confirmed")
    }
}

/// A bot that polls as frameworks do: what it has got it confirms with the next call, and a call that fails it makes again.
private final class ProxyPoller: Sendable {
    struct Update: Decodable, Sendable {
        let update: Int64
        let chat: Int64

        private enum CodingKeys: String, CodingKey {
            case update = "update_id"
            case message
        }

        private struct Message: Decodable {
            struct Chat: Decodable { let id: Int64 }
            let chat: Chat
        }

        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            update = try container.decode(Int64.self, forKey: .update)
            chat = try container.decode(Message.self, forKey: .message).chat.id
        }
    }

    private struct Answer: Decodable { let result: [Update] }

    private struct State {
        var got: [Update] = []
        var last: [Update] = []
        var unconfirmed: Set<Int64> = []
    }

    private let url: String
    private let http: HTTPClient
    private let state = Locked(State())

    init(_ url: String, _ http: HTTPClient) {
        self.url = url
        self.http = http
    }

    /// All that it was given, in order.
    var got: [Update] { state.withLock { $0.got } }

    /// What it had been given before a call that failed, which was to confirm it: nobody knows whether that was heard.
    var unconfirmed: Set<Int64> { state.withLock { $0.unconfirmed } }

    func run() async {
        var offset: Int64 = 0
        while !Task.isCancelled {
            do {
                let request = HTTPRequest(.post, "\(url)/getUpdates?offset=\(offset)&timeout=2", timeout: .seconds(20))
                let response = try await http.execute(request)
                guard response.status == .ok else { throw URLError(.badServerResponse) }
                let updates = try JSONDecoder().decode(Answer.self, from: Data(response.body)).result
                state.withLock {
                    $0.got += updates
                    $0.last = updates
                }
                if let last = updates.map(\.update).max() { offset = last + 1 }
            } catch {
                state.withLock { $0.unconfirmed.formUnion($0.last.map(\.update)) }
                try? await Task.sleep(for: .milliseconds(100))
            }
        }
    }
}
