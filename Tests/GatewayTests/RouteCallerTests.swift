import Concurrency
import Foundation
import HTTPClient
import HTTPTypes
import JSON
import Observability
import PlatformAPI
import Testing

@testable import Gateway

@Suite struct RouteCallerTests {
    /// A service that answers by a list, and then no more.
    private final class Service: Sendable {
        let requests = Locked<[HTTPRequest]>([])
        private let answers: Locked<[(Int, String)]>

        init(_ answers: [(Int, String)]) { self.answers = Locked(answers) }

        struct Gone: Error {}

        @Sendable func send(_ request: HTTPRequest) async throws -> HTTPResponse {
            requests.withLock { $0.append(request) }
            guard let (status, body) = answers.withLock({ $0.isEmpty ? nil : $0.removeFirst() }) else { throw Gone() }
            return HTTPResponse(
                status: HTTPStatus(rawValue: status), headers: [:], body: Array(body.utf8), version: "1.1")
        }
    }

    private let registry = MetricsRegistry()
    private let lines = Locked<[String]>([])

    private func caller(_ service: Service) -> RouteCaller {
        let metrics = RouteMetrics(registry)
        let logger = Logger(label: "test", level: .info, sink: { [lines] line in lines.withLock { $0.append(line) } })
        return RouteCaller(
            circuits: RouteCircuits(metrics: metrics, logger: logger), metrics: metrics, logger: logger,
            send: service.send)
    }

    private func question(bot: Int64 = 42, url: String = "http://shop:80/hi") -> RouteCaller.Question {
        RouteCaller.Question(
            bot: BotID(number: bot),
            route: BoundRoute(name: "hi", match: .init(commands: ["hi"]), url: url, timeoutMilliseconds: 1500),
            body: .command(telegramUserID: 9, command: "hi", arguments: nil, requestID: "bot_42-1"),
            headers: ["X-Request-ID": "bot_42-1"])
    }

    private func count(_ result: String) -> Double { RouteMetrics(registry).calls.value([result]) }

    @Test func anAnswerIsReadAndTheRequestIsByTheContract() async throws {
        let service = Service([(200, #"{"text":"Hi","unknown":1}"#)])
        #expect(await caller(service).ask(question()) == RouteAnswer(text: "Hi"))
        let request = try #require(service.requests.withLock { $0.first })
        #expect(request.method == .post && request.url == "http://shop:80/hi")
        #expect(request.timeout == .milliseconds(1500))
        #expect(request.headers["Content-Type"] == "application/json")
        #expect(request.headers["X-Request-ID"] == "bot_42-1")
        guard case .bytes(let body) = request.body else {
            Issue.record("no body")
            return
        }
        #expect(
            String(decoding: body, as: UTF8.self)
                == #"{"command":"hi","request_id":"bot_42-1","telegram_user_id":9}"#)
        #expect(count("answered") == 1)
    }

    @Test(arguments: [(204, ""), (200, ""), (204, "not looked at")])
    func nothingIsAnAnswer(status: Int, body: String) async {
        #expect(await caller(Service([(status, body)])).ask(question()) == RouteAnswer())
    }

    @Test func aFailureIsTriedOnceMoreWithTheSameRequest() async {
        let service = Service([(503, "later"), (200, #"{"text":"Hi"}"#)])
        #expect(await caller(service).ask(question()) == RouteAnswer(text: "Hi"))
        #expect(service.requests.withLock { $0.map { $0.headers["X-Request-ID"] } } == ["bot_42-1", "bot_42-1"])
        #expect(count("server_error") == 1 && count("answered") == 1)

        let gone = Service([])
        #expect(await caller(gone).ask(question()) == nil)
        #expect(gone.requests.withLock { $0.count } == 2)
        #expect(count("unreachable") == 2)
    }

    @Test(arguments: [
        (404, "", "refused"), (302, "", "refused"), (200, "hello", "malformed"), (200, "[]", "malformed"),
        (200, #"{"text":7}"#, "malformed"), (200, #"{"text":" "}"#, "malformed"),
        (200, #"{"keyboard":[[{"text":"a","action":"a"}]]}"#, "malformed"),
        (200, String(repeating: "[", count: 1000), "malformed"),
    ])
    func whatIsOfNoUseIsNotAskedForAgainAndIsSaid(status: Int, body: String, result: String) async {
        let service = Service([(status, body)])
        #expect(await caller(service).ask(question()) == nil)
        #expect(service.requests.withLock { $0.count } == 1)
        #expect(count(result) == 1)
        #expect(lines.withLock { $0.count { $0.contains("of no use") && $0.contains("\"route\":\"hi\"") } } == 1)
    }

    @Test func aServiceThatFailsIsLeftAloneByTheBotWhoseServiceItIs() async {
        let service = Service(Array(repeating: (500, ""), count: CircuitBreaker.threshold))
        let caller = caller(service)
        for _ in 0..<10 { #expect(await caller.ask(question()) == nil) }
        // Another path is the same service.
        #expect(await caller.ask(question(url: "http://shop:80/other?x=1")) == nil)
        #expect(service.requests.withLock { $0.count } == CircuitBreaker.threshold)
        #expect(count("circuit_open") > 0)
        #expect(RouteMetrics(registry).openCircuits.value() == 1)
        #expect(RouteMetrics(registry).circuitChanges.value(["opened"]) == 1)
        #expect(lines.withLock { $0.count { $0.contains("fails again and again") } } == 1)
        // Another bot, and another service, are asked.
        _ = await caller.ask(question(bot: 43))
        _ = await caller.ask(question(url: "http://shop:81/hi"))
        #expect(service.requests.withLock { $0.count } == CircuitBreaker.threshold + 4)
    }

    @Test(arguments: [
        ("http://a:1/b/c?d", "http://a:1"), ("https://a", "https://a"), ("http://a?b=http://c", "http://a"),
    ])
    func aServiceIsAURLUpToItsPath(url: String, service: String) {
        #expect(RouteCircuits.service(url) == service)
    }

    @Test func thereIsRoomForSoManyOfABotAndOfAll() {
        let admission = RouteAdmission(perBot: 2, total: 3)
        let (a, b) = (BotID(number: 1), BotID(number: 2))
        #expect(admission.enter(a) && admission.enter(a) && !admission.enter(a))
        #expect(admission.enter(b) && !admission.enter(b))
        admission.leave(a)
        #expect(admission.enter(b) && !admission.enter(a))
        for bot in [a, b, b] { admission.leave(bot) }
        #expect(admission.count == 0)
    }

    @Test(arguments: [(1, 1000, 1_000_000, 1_000_000), (3, 1000, 333_333, 1_000_000), (1000, 100, 100, 100_000)])
    func aBucketOfTokensIsATimeForEach(requests: Int, window: Int, interval: Int, whole: Int) {
        let parameters = UserBucket.parameters(BoundRateLimit(requests: requests, windowMilliseconds: window))
        #expect(parameters.interval == interval && parameters.window == whole)
        // A full bucket has all its tokens.
        #expect(requests * parameters.interval <= parameters.window)
    }
}
