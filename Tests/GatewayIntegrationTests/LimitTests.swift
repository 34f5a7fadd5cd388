import Foundation
import Gateway
import PlatformAPI
import Simulator
import TelegramBotAPI
import Testing

extension GatewayIntegrationTests {
    /// The gateway beside a Bot API server that keeps to Telegram's limits, and shows what has crossed them.
    @Suite struct Limits {
        private static let people: ClosedRange<Int64> = 1...160

        /// Records one after another, as a worker that sends a broadcast writes them.
        private func broadcast(_ rig: GatewayRig, _ bot: BotInfo) async throws {
            for chat in Self.people {
                try await rig.send(
                    bot,
                    #"{"method":"sendMessage","params":{"chat_id":\#(chat),"text":"news"},"priority":"broadcast"}"#)
            }
        }

        private func meetAll(_ rig: GatewayRig, _ bot: BotInfo) throws {
            for user in Self.people { try rig.simulator.write(MessageSpec(bot: bot.id, user: user, text: "hi")) }
        }

        @Test func aBroadcastCrossesNoLimitAndDelaysNoAnswer() async throws {
            try await GatewayRig.run(bots: 1, enforcesLimits: true, { $0.sendLimits = SendLimits() }) {
                rig, _, bots in
                try meetAll(rig, bots[0])
                let began = Date()
                try await broadcast(rig, bots[0])
                for number in 0..<5 { try await rig.send(bots[0], text: "answer \(number)", chat: 160) }
                let filter = RecordFilter(bot: bots[0].id, method: "sendMessage", sentOnly: false)
                let calls = await rig.simulator.calls(
                    filter, count: Self.people.count + 5, within: .seconds(60))
                #expect(calls.count == Self.people.count + 5)
                #expect(calls.filter { !$0.ok }.isEmpty, "nothing was refused")
                // The chat's own broadcast waits behind them, and its limit is theirs.
                let answers = calls.filter { $0.chatID == 160 && $0.text?.hasPrefix("answer") == true }
                #expect(answers.map(\.text) == (0..<5).map { "answer \($0)" })
                let news = calls.filter { $0.text == "news" }
                #expect((answers.last?.sequence ?? .max) < (news.last?.sequence ?? 0))
                // 30 at once, then 30 a second.
                let seconds = -began.timeIntervalSinceNow
                #expect(seconds > 4, "\(seconds) s for 160 of 30 a second")
            }
        }

        /// Whatever the limits are: what a 429 is about is not called for before its time.
        @Test func nothingIsSentBeforeTelegramAllowsItAgain() async throws {
            try await GatewayRig.run(bots: 1, enforcesLimits: true, { $0.sendLimits = .none }) { rig, _, bots in
                try meetAll(rig, bots[0])
                try await broadcast(rig, bots[0])
                let filter = RecordFilter(bot: bots[0].id, method: "sendMessage")
                let sent = await rig.simulator.calls(filter, count: Self.people.count, within: .seconds(90))
                #expect(Set(sent.compactMap(\.chatID)) == Set(Self.people))
                #expect(sent.count == Self.people.count)
            }
        }
    }
}
