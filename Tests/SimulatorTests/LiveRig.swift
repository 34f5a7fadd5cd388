import Concurrency
import Foundation
import HTTPClient
import HTTPServer
import HTTPTypes
import JSON
import Observability
import Simulator
import TelegramBotAPI
import Testing

/// A simulator on free ports with a client, for one test.
final class LiveRig: Sendable {
    let simulator: Simulator
    let http: HTTPClient
    let client: TelegramClient
    let bot: BotInfo
    let token: BotToken

    private init(_ configuration: SimulatorConfiguration) throws {
        simulator = try Simulator(configuration, logger: .silent, metrics: MetricsRegistry())
        try simulator.start()
        http = try HTTPClient()
        client = TelegramClient(http: http, baseURL: simulator.apiURL + "/", logger: .silent)
        bot = try simulator.createBot(BotSpec(username: "live_bot"))
        token = try BotToken(bot.token)
    }

    /// Runs a test with a simulator that lives as long as the test.
    /// - Parameter timeScale: back-off of Telegram's seconds in real ones.
    static func run(
        timeScale: Double = 0.02, _ change: (inout SimulatorConfiguration) -> Void = { _ in },
        _ body: (LiveRig) async throws -> Void
    ) async throws {
        var configuration = SimulatorConfiguration()
        configuration.allowInsecureWebhooks = true
        configuration.timeScale = timeScale
        change(&configuration)
        let rig = try LiveRig(configuration)
        let running = Task { try await rig.simulator.run() }
        let result: Result<Void, any Error>
        do {
            try await body(rig)
            result = .success(())
        } catch {
            result = .failure(error)
        }
        await rig.simulator.shutdown()
        try await running.value
        await rig.http.shutdown()
        try result.get()
    }

    /// A request to the control API.
    func control(
        _ method: HTTPMethod, _ path: String, _ body: String = ""
    ) async throws -> (status: Int, json: JSONValue) {
        let response = try await http.execute(
            HTTPRequest(
                method, "http://127.0.0.1:\(simulator.controlPort)\(path)",
                body: body.isEmpty ? .none : .bytes(Array(body.utf8))))
        let json = try? JSONDecoder().decode(JSONValue.self, from: Data(response.body))
        return (response.status.rawValue, json ?? .null)
    }

    /// A request to the Bot API as a bot's framework might write it.
    func raw(
        _ method: HTTPMethod = .post, _ path: String, type: String = "", _ body: String = ""
    ) async throws -> HTTPResponse {
        try await http.execute(
            HTTPRequest(
                method, simulator.apiURL + path, headers: type.isEmpty ? [:] : ["Content-Type": type],
                body: body.isEmpty ? .none : .bytes(Array(body.utf8))))
    }
}

/// A webhook's end: an HTTP server that remembers what came.
final class WebhookTarget: Sendable {
    struct Delivery: Sendable {
        let update: JSONValue
        let secret: String?
        let contentType: String?
        var text: String { update["message"]?["text"]?.stringValue ?? "" }
        var chat: Int64 { update["message"]?["chat"]?["id"]?.intValue ?? 0 }
        var id: Int64 { update["update_id"]?.intValue ?? 0 }
    }

    private let state = Locked<(deliveries: [Delivery], inFlight: [Int64: Int], overlaps: Int)>(([], [:], 0))
    private let server: HTTPServer
    private let running: Task<Void, any Error>

    /// - Parameter answer: for the delivery with that number, counted from 0.
    init(_ answer: @escaping @Sendable (Int, Delivery) async -> HTTPServerResponse = { _, _ in .text("") }) throws {
        let state = state
        server = HTTPServer(name: "target", logger: .silent) { request in
            let update = try? JSONDecoder().decode(JSONValue.self, from: Data(request.body))
            let delivery = Delivery(
                update: update ?? .null, secret: request.headers["X-Telegram-Bot-Api-Secret-Token"],
                contentType: request.headers["Content-Type"])
            let number = state.withLock { state in
                state.deliveries.append(delivery)
                state.inFlight[delivery.chat, default: 0] += 1
                if state.inFlight[delivery.chat, default: 0] > 1 { state.overlaps += 1 }
                return state.deliveries.count - 1
            }
            let response = await answer(number, delivery)
            state.withLock { $0.inFlight[delivery.chat, default: 0] -= 1 }
            return response
        }
        try server.start()
        let server = server
        running = Task { try await server.run() }
    }

    var url: String { "http://127.0.0.1:\(server.port)/hook" }
    var deliveries: [Delivery] { state.withLock { $0.deliveries } }
    /// How often a chat had two deliveries at once.
    var overlaps: Int { state.withLock { $0.overlaps } }

    /// Waits until so many have come.
    func wait(for count: Int, sourceLocation: SourceLocation = #_sourceLocation) async throws -> [Delivery] {
        try await eventually("\(count) deliveries", sourceLocation: sourceLocation) { self.deliveries.count >= count }
        return deliveries
    }

    func stop() async throws {
        await server.shutdown()
        try await running.value
    }
}

/// Waits until a condition holds, 30 s at most.
func eventually(
    _ what: String, sourceLocation: SourceLocation = #_sourceLocation, _ condition: () async throws -> Bool
) async throws {
    let deadline = ContinuousClock.now + .seconds(30)
    while try await !condition() {
        guard ContinuousClock.now < deadline else {
            Issue.record("never came: \(what)", sourceLocation: sourceLocation)
            throw TimeoutError(operation: what, limit: .seconds(30))
        }
        try await Task.sleep(for: .milliseconds(5))
    }
}
