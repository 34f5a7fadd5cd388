import Concurrency
import Foundation
import Simulator
import Testing

/// The gateway is killed while it sends answers; every answer is counted by its id.
@Suite(.serialized) struct AnswerFaultTests {
    /// An answer that a worker wrote.
    private struct Written: Sendable {
        let bot: Int64
        let chat: Int64
        let number: Int
        let offset: Int64
    }

    /// When a gateway was killed, and what was committed then.
    private struct Kill: Sendable {
        /// Microseconds since 1970, as calls have them.
        let time: Int64
        /// By bot.
        let committed: [Int64: Int64]
    }

    private static let kills = 5

    @Test(.timeLimit(.minutes(10))) func aKilledGatewaySendsAgainOnlyWhatItHadNotCommitted() async throws {
        try await AnswerRig.run(bots: 2) { rig in
            // There is always something on its way.
            var fault = FaultSpec()
            fault.method = "sendMessage"
            fault.delayMilliseconds = 10
            try rig.simulator.addFault(fault)
            try rig.startGateway()
            let written = Locked<[Written]>([])
            let isOver = Locked(false)
            let writing = Task {
                var number = 0
                while !isOver.withLock({ $0 }) {
                    for bot in rig.bots {
                        for chat in AnswerRig.chats {
                            let offset = try await rig.answer(bot, chat: chat, id: "\(chat)-\(number)")
                            written.withLock {
                                $0.append(Written(bot: bot.id, chat: chat, number: number, offset: offset))
                            }
                        }
                    }
                    number += 1
                    try await Task.sleep(for: .milliseconds(50))
                }
            }
            let kills: Result<[Kill], any Error>
            do {
                kills = .success(try await Self.kill(rig))
            } catch {
                kills = .failure(error)
            }
            isOver.withLock { $0 = true }
            try await writing.value
            try await Self.check(rig, written.withLock { $0 }, try kills.get())
        }
    }

    /// Kills the gateway again and again, each time in the middle of what is new, and when all that was sent before it is committed.
    private static func kill(_ rig: AnswerRig) async throws -> [Kill] {
        var kills: [Kill] = []
        for _ in 0..<Self.kills {
            let before = progress(rig)
            let sent = before.values.reduce(into: [Int64: Int64]()) { $0[$1.bot] = max($0[$1.bot] ?? 0, $1.next) }
            try await rig.eventually("each chat has new answers, and those before are committed") {
                let now = progress(rig)
                let waiting = now.filter { $0.value.count < (before[$0.key]?.count ?? 0) + 20 }
                guard waiting.isEmpty else { return "\(waiting)" }
                for bot in rig.bots {
                    let committed = try await rig.committed(bot)
                    // A call that was under way may have arrived behind the look: one of each chat.
                    let enough = (sent[bot.id] ?? 0) + Int64(AnswerRig.chats.count)
                    guard committed >= enough else { return "bot \(bot.id): \(committed) are committed" }
                }
                return nil
            }
            try await Task.sleep(for: .milliseconds(Int.random(in: 0...500)))
            await rig.killGateway()
            // What it had sent off may still arrive.
            try await Task.sleep(for: .milliseconds(200))
            let time = Int64(Date().timeIntervalSince1970 * 1_000_000)
            var committed: [Int64: Int64] = [:]
            for bot in rig.bots { committed[bot.id] = try await rig.committed(bot) }
            kills.append(Kill(time: time, committed: committed))
            try rig.startGateway()
        }
        return kills
    }

    /// What a chat has got.
    private struct Progress {
        let bot: Int64
        /// How many answers, those that came again not counted.
        let count: Int
        /// The offset behind the furthest of them.
        let next: Int64
    }

    /// By bot and chat.
    private static func progress(_ rig: AnswerRig) -> [String: Progress] {
        var all: [String: Progress] = [:]
        for bot in rig.bots {
            let calls = Dictionary(grouping: rig.sent(by: bot)) { $0.chatID ?? 0 }
            for chat in AnswerRig.chats {
                let numbers = Set((calls[chat] ?? []).compactMap { number(of: $0) })
                // Each round of the writer is a record for each chat.
                let next = numbers.max().map { Int64($0 * AnswerRig.chats.count) + chat } ?? 0
                all["\(bot.id)/\(chat)"] = Progress(bot: bot.id, count: numbers.count, next: next)
            }
        }
        return all
    }

    private static func number(of call: RecordedCall) -> Int? { Int(call.text?.split(separator: "-").last ?? "") }

    private static func check(_ rig: AnswerRig, _ written: [Written], _ kills: [Kill]) async throws {
        for bot in rig.bots {
            let mine = written.filter { $0.bot == bot.id }
            try await rig.eventually("all answers of \(bot.id) are sent and committed", within: .seconds(180)) {
                let missing = mine.count - Set(rig.sent(by: bot).compactMap(\.text)).count
                let committed = try await rig.committed(bot)
                return missing == 0 && committed == Int64(mine.count)
                    ? nil : "\(missing) are missing, \(committed) of \(mine.count) are committed"
            }
            let offsets = Dictionary(uniqueKeysWithValues: mine.map { ("\($0.chat)-\($0.number)", $0.offset) })
            var times: [String: Int] = [:]
            for call in rig.sent(by: bot) {
                let id = call.text ?? ""
                let offset = try #require(offsets[id], "\(id)")
                times[id, default: 0] += 1
                guard times[id] != 1 else { continue }
                let kill = try #require(kills.last { $0.time <= call.time }, "\(id) came again before any kill")
                #expect(offset >= kill.committed[bot.id] ?? 0, "\(id) came again though it was committed")
                #expect(times[id] == 2, "\(id) came again after another kill, though each gateway commits")
            }
            for chat in AnswerRig.chats {
                let numbers = rig.sent(by: bot).filter { $0.chatID == chat }.compactMap { number(of: $0) }
                // One after another, but that a new gateway may begin further back.
                let jumps = zip(numbers, numbers.dropFirst()).filter { $1 != $0 + 1 }
                #expect(numbers.first == 0 && jumps.allSatisfy { $1 <= $0 }, "bot \(bot.id), chat \(chat): \(jumps)")
                #expect(jumps.count <= kills.count, "bot \(bot.id), chat \(chat): \(jumps)")
            }
        }
    }
}
