import FoundationEssentials
import HTTPServer
import HTTPTypes
import Observability

/// The control API: the simulator's own methods on HTTP, JSON in and out. `docs/simulator.md` describes it.
struct ControlServer: Sendable {
    let simulator: SimulatorControl
    let health: HealthRegistry
    let metrics: MetricsRegistry

    /// The longest a request may wait for calls of bots.
    static let longestWait = Duration.seconds(300)

    /// All routes.
    var router: HTTPRouter {
        var router = HTTPRouter()
        router.probeRoutes(health: health, metrics: metrics)
        addBots(&router)
        addPeople(&router)
        addHappenings(&router)
        addRecord(&router)
        addFaults(&router)
        router.fallback = { request in
            ControlAnswer.failure(
                SimulatorError(.notFound, "the control API has no \(request.path); docs/simulator.md lists what it has")
            )
        }
        return router
    }

    private func addBots(_ router: inout HTTPRouter) {
        let simulator = simulator
        router.get("/bots") { _ in ControlAnswer.json(simulator.bots()) }
        router.post("/bots") { request in
            Self.answer(.created) { () throws(SimulatorError) in
                try simulator.createBot(try Self.decode(BotSpec.self, request))
            }
        }
        router.get("/bots/:bot") { request in
            Self.answer { () throws(SimulatorError) in try simulator.state(of: try Self.number("bot", request)) }
        }
        router.delete("/bots/:bot") { request in
            Self.done { () throws(SimulatorError) in try simulator.deleteBot(try Self.number("bot", request)) }
        }
        router.post("/bots/:bot/revoke") { request in
            Self.answer { () throws(SimulatorError) in try simulator.revokeToken(of: try Self.number("bot", request)) }
        }
        router.post("/bots/:bot/updates") { request in
            Self.answer { () throws(SimulatorError) in
                try simulator.inject(
                    request.body, bot: try Self.number("bot", request),
                    keepsID: request.query("keep_update_id") == "true")
            }
        }
    }

    private func addPeople(_ router: inout HTTPRouter) {
        let simulator = simulator
        router.post("/users") { request in
            Self.answer(.created) { () throws(SimulatorError) in
                try simulator.createUser(try Self.decode(UserSpec.self, request))
            }
        }
        router.post("/users/:user/block") { request in
            Self.done { () throws(SimulatorError) in
                let bot = try Self.decode(BotReference.self, request).bot
                try simulator.block(bot: bot, user: try Self.number("user", request))
            }
        }
        router.post("/users/:user/unblock") { request in
            Self.done { () throws(SimulatorError) in
                let bot = try Self.decode(BotReference.self, request).bot
                try simulator.unblock(bot: bot, user: try Self.number("user", request))
            }
        }
        router.post("/chats") { request in
            Self.answer(.created) { () throws(SimulatorError) in
                try simulator.createChat(try Self.decode(ChatSpec.self, request))
            }
        }
        router.post("/chats/:chat/migrate") { request in
            Self.answer { () throws(SimulatorError) in try simulator.migrate(chat: try Self.number("chat", request)) }
        }
        router.put("/chats/:chat/bots/:bot") { request in
            Self.done { () throws(SimulatorError) in
                try simulator.setMembership(
                    try Self.decode(MembershipReference.self, request).status, bot: try Self.number("bot", request),
                    chat: try Self.number("chat", request))
            }
        }
    }

    private func addHappenings(_ router: inout HTTPRouter) {
        let simulator = simulator
        router.post("/messages") { request in
            Self.answer { () throws(SimulatorError) in
                let isList = request.body.first { ![0x20, 0x09, 0x0a, 0x0d].contains($0) } == UInt8(ascii: "[")
                let specs =
                    isList
                    ? try Self.decode([MessageSpec].self, request) : [try Self.decode(MessageSpec.self, request)]
                return try simulator.write(specs)
            }
        }
        router.post("/callbacks") { request in
            Self.answer { () throws(SimulatorError) in
                try simulator.press(try Self.decode(CallbackSpec.self, request))
            }
        }
        router.post("/load") { request in
            Self.answer { () throws(SimulatorError) in
                ["accepted": try simulator.load(try Self.decode(LoadSpec.self, request))]
            }
        }
        router.post("/reset") { _ in Self.done { () throws(SimulatorError) in try simulator.reset() } }
    }

    private func addRecord(_ router: inout HTTPRouter) {
        let simulator = simulator
        for (path, sentOnly) in [("/sent", true), ("/calls", false)] {
            router.get(path) { request in
                let query: RecordQuery
                do throws(SimulatorError) {
                    query = try RecordQuery(request, sentOnly: sentOnly)
                } catch {
                    return ControlAnswer.failure(error)
                }
                if let wait = query.wait {
                    let calls = await simulator.calls(query.filter, count: query.count, within: wait)
                    return ControlAnswer.json(calls)
                }
                return ControlAnswer.json(simulator.calls(query.filter, limit: query.limit))
            }
            router.delete(path) { _ in
                Self.done { () throws(SimulatorError) in try simulator.clearCalls() }
            }
        }
        router.get("/counts") { _ in ControlAnswer.json(simulator.counts()) }
    }

    private func addFaults(_ router: inout HTTPRouter) {
        let simulator = simulator
        router.get("/faults") { _ in ControlAnswer.json(simulator.faults()) }
        router.post("/faults") { request in
            Self.answer(.created) { () throws(SimulatorError) in
                try simulator.addFault(try Self.decode(FaultSpec.self, request))
            }
        }
        router.delete("/faults") { _ in Self.done { () throws(SimulatorError) in try simulator.removeFaults() } }
        router.delete("/faults/:fault") { request in
            Self.done { () throws(SimulatorError) in
                try simulator.removeFault(Int(try Self.number("fault", request)))
            }
        }
    }

    private struct BotReference: Decodable { let bot: Int64 }
    private struct MembershipReference: Decodable { let status: BotMembership }

    private static func answer(
        _ status: HTTPStatus = .ok, _ body: () throws(SimulatorError) -> some Encodable
    ) -> HTTPServerResponse {
        do {
            return ControlAnswer.json(try body(), status)
        } catch {
            return ControlAnswer.failure(error)
        }
    }

    private static func done(_ body: () throws(SimulatorError) -> Void) -> HTTPServerResponse {
        do {
            try body()
            return HTTPServerResponse(.noContent)
        } catch {
            return ControlAnswer.failure(error)
        }
    }

    /// The body as a value; an empty one is `{}`.
    private static func decode<Value: Decodable>(
        _ type: Value.Type, _ request: HTTPServerRequest
    ) throws(SimulatorError) -> Value {
        do {
            let body = request.body.isEmpty ? Array("{}".utf8) : request.body
            return try JSONDecoder().decode(type, from: Data(body))
        } catch {
            throw SimulatorError(.invalid, "the body is not what \(request.path) takes: \(error)")
        }
    }

    private static func number(_ name: String, _ request: HTTPServerRequest) throws(SimulatorError) -> Int64 {
        guard let number = request.parameters[name].flatMap({ Int64($0) }) else {
            throw SimulatorError(.invalid, "\(request.path): the \(name) must be a whole number")
        }
        return number
    }
}
