@testable import Simulator
import JSON
import TelegramBotAPI

/// A world with one bot and one user who has written to it, driven by a clock of the test's own.
final class WorldRig {
    var world: World
    var now = Moment(elapsed: .zero, unixMicroseconds: 1_767_000_000_000_000)
    var actions: [WorldAction] = []
    let bot: BotInfo
    private var lastCall: UInt64 = 0

    init(_ settings: WorldSettings = WorldSettings(allowInsecureWebhooks: true)) throws {
        world = World(settings: settings, seed: 1)
        bot = try world.createBot(BotSpec(token: "4200:AAtesttesttesttesttesttesttesttest1", username: "test_bot"))
        _ = try world.createUser(UserSpec(id: 11, firstName: "Ada"))
        try write("/start", from: 11)
        actions = []
    }

    func advance(_ duration: Duration) {
        now.elapsed += duration
        now.unixMicroseconds += Int64(duration.components.seconds) * 1_000_000
        while let wakeup = world.nextWakeup, wakeup <= now.elapsed { actions += world.tick(now) }
    }

    func write(_ text: String, from user: Int64, chat: Int64? = nil) throws {
        _ = try world.write(MessageSpec(bot: bot.id, user: user, chat: chat, text: text), now, &actions)
    }

    /// Calls a method; a reply that waits is looked for among the actions.
    @discardableResult func call(
        _ method: String, _ arguments: [String: JSONValue] = [:], token: String? = nil,
        files: [String: UploadedFile] = [:], addresses: HostAddresses? = nil
    ) -> APIReply? {
        var parsed = APIArguments()
        for (name, value) in arguments { parsed.add(name, value) }
        for (name, file) in files { parsed.add(name, file) }
        lastCall += 1
        let call = APICall(token: token ?? bot.token, method: method, arguments: parsed, addresses: addresses)
        let (reply, new) = world.call(call, id: lastCall, now)
        actions += new
        return reply ?? answer(to: lastCall)
    }

    /// The number of the last call, for those that wait.
    var callID: UInt64 { lastCall }

    /// Takes the answer to a waiting call out of the actions.
    func answer(to call: UInt64) -> APIReply? {
        for (index, action) in actions.enumerated() {
            if case .answer(call, let reply) = action {
                actions.remove(at: index)
                return reply
            }
        }
        return nil
    }

    /// Takes the deliveries out of the actions.
    func deliveries() -> [DeliveryAttempt] {
        var found: [DeliveryAttempt] = []
        actions.removeAll { action in
            guard case .deliver(let attempt) = action else { return false }
            found.append(attempt)
            return true
        }
        return found
    }

    func finish(_ attempt: DeliveryAttempt, _ outcome: DeliveryOutcome = .acknowledged) {
        actions += world.finish(attempt, outcome, now)
    }

    /// Confirms everything that waits.
    func drain() {
        call("getUpdates", ["offset": -1])
        let next = world.bots[bot.id]?.engine.nextUpdateID ?? 0
        call("getUpdates", ["offset": .int(next)])
    }

    func setWebhook(_ more: [String: JSONValue] = [:]) -> APIReply? {
        advance(.seconds(2))
        return call("setWebhook", ["url": "http://127.0.0.1:9/hook"].merging(more) { $1 })
    }
}

extension APIReply {
    var json: JSONValue { JSONValue.parse(body) ?? .null }
    var text: String { json["description"]?.stringValue ?? "" }
    var result: JSONValue { json["result"] ?? .null }
}

extension DeliveryAttempt {
    var json: JSONValue { JSONValue.parse(body) ?? .null }
    var messageText: String { json["message"]?["text"]?.stringValue ?? "" }
}

extension DeliveryOutcome {
    static let refused = DeliveryOutcome.failed(
        message: "Wrong response from the webhook: 500 Internal Server Error", status: 500, retryAfter: nil)
}
