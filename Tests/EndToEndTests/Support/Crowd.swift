import Concurrency
import Foundation
import PlatformAPI
import Simulator
import Testing

/// People who write to bots without a pause, and what became of each of their messages.
final class Crowd: Sendable {
    /// A message, as the update that it became.
    struct Written: Sendable {
        let bot: Int64
        let chat: Int64
        let update: Int64
        let text: String
    }

    private let platform: Platform
    private let bots: [BotInfo]
    private let chats: ClosedRange<Int64>
    private let state = Locked((written: [Written](), isOver: false))

    /// - Parameter chats: the people, each in a chat of its own with every bot.
    init(_ platform: Platform, bots: [BotInfo], chats: ClosedRange<Int64> = 1...4) {
        self.platform = platform
        self.bots = bots
        self.chats = chats
    }

    var written: [Written] { state.withLock { $0.written } }

    /// Writes until ``stop()``: everybody to each bot, ten times a second.
    func write() async throws {
        var number = 0
        while !state.withLock({ $0.isOver }) {
            for bot in bots {
                for chat in chats {
                    let text = "message \(number)"
                    let receipts = try platform.simulator.write(MessageSpec(bot: bot.id, user: chat, text: text))
                    let new = receipts.compactMap(\.updateID).map {
                        Written(bot: bot.id, chat: chat, update: $0, text: text)
                    }
                    state.withLock { $0.written += new }
                }
            }
            number += 1
            try await Task.sleep(for: .milliseconds(100))
        }
    }

    func stop() { state.withLock { $0.isOver = true } }

    /// How many updates Telegram has got rid of.
    func delivered() throws -> Int {
        try bots.reduce(0) { try $0 + platform.simulator.state(of: $1.id).updates.delivered }
    }

    /// Each update is in its bot's topic, those of a chat in their order.
    /// - Parameter repeats: of how many updates of a bot there may be more than one.
    func checkUpdates(repeats: (BotInfo) throws -> Int) async throws {
        for bot in bots {
            try await platform.eventually("all updates of \(bot.id) are delivered", within: .seconds(120)) {
                let state = try platform.simulator.state(of: bot.id)
                return state.pending == 0 ? nil : "\(state)"
            }
            let updates = try await platform.updates(of: BotID(number: bot.id))
            for (chat, written) in Dictionary(grouping: written.filter { $0.bot == bot.id }, by: \.chat) {
                var seen: Set<Int64> = []
                let found = updates.filter { $0.chat == chat && seen.insert($0.update).inserted }.map(\.update)
                #expect(found == written.map(\.update), "bot \(bot.id), chat \(chat)")
            }
            let repeated = updates.count - Set(updates.map(\.update)).count
            #expect(repeated <= (try repeats(bot)), "bot \(bot.id): updates that are there more than once")
        }
    }

    /// Each message was answered by an ``EchoWorker``, those of a chat in their order.
    /// - Parameter repeats: of how many answers of a bot there may be more than one.
    func checkAnswers(repeats: Int) async throws {
        for bot in bots {
            let written = written.filter { $0.bot == bot.id }
            var answers: [RecordedCall] = []
            try await platform.eventually("all messages to \(bot.id) are answered", within: .seconds(120)) {
                answers = platform.simulator.calls(
                    RecordFilter(bot: bot.id, method: "sendMessage"), limit: .max
                )
                let missing = written.count - Set(answers.map { "\($0.chatID ?? 0) \($0.text ?? "")" }).count
                return missing == 0 ? nil : "\(missing) are not; \(try await platform.hops(of: bot))"
            }
            for (chat, written) in Dictionary(grouping: written, by: \.chat) {
                var seen: Set<String> = []
                let found = answers.filter { $0.chatID == chat }.compactMap(\.text).filter { seen.insert($0).inserted }
                #expect(found == written.map { "echo: \($0.text)" }, "bot \(bot.id), chat \(chat)")
            }
            var first: Set<String> = []
            let again = answers.filter { !first.insert("\($0.chatID ?? 0) \($0.text ?? "")").inserted }
            #expect(
                again.count <= repeats,
                "bot \(bot.id): sent more than once: \(again.map { "\($0.time / 1000): \($0.text ?? "")" })")
        }
    }
}
