import Concurrency
import HTTPServer
import HTTPTypes
import Observability
import PlatformAPI
import TelegramBotAPI

/// The Bot API for bots that were not written for the platform: their calls go on to Telegram within the bot's limits, and
/// what concerns the way of their updates is answered here.
struct ProxyHandler: Sendable {
    private let directory: BindingDirectory
    private let upstream: ProxyUpstream
    private let limits: BotLimits
    private let turns: ProxyTurns
    private let polls: UpdatePolls
    private let metrics: GatewayMetrics
    private let logger: Logger
    private let calls = CallCounts(limit: mostCallsPerBot)

    /// Calls of one bot that are under way. More would only wait for each other.
    private static let mostCallsPerBot = 100

    init(
        directory: BindingDirectory, upstream: ProxyUpstream, limits: BotLimits, turns: ProxyTurns, polls: UpdatePolls,
        metrics: GatewayMetrics, logger: Logger
    ) {
        self.directory = directory
        self.upstream = upstream
        self.limits = limits
        self.turns = turns
        self.polls = polls
        self.metrics = metrics
        self.logger = logger
    }

    /// `/bot<token>/<method>` and `/file/bot<token>/<path>`.
    var router: HTTPRouter {
        var router = HTTPRouter()
        router.any("/bot:token/:method") { request in
            await measured { await call(request) }
        }
        router.any("/file/bot:token/*path") { request in
            await measured { await file(request) }
        }
        router.fallback = { _ in BotAPIAnswer.notFound }
        return router
    }

    /// An answer and what is counted of it.
    private typealias Outcome = (response: HTTPServerResponse, result: String)

    private func measured(_ body: () async -> Outcome) async -> HTTPServerResponse {
        let start = ContinuousClock.now
        let (response, result) = await body()
        metrics.proxyRequests.increment([result])
        // A poll takes as long as nothing comes.
        if result != "updates" { metrics.proxyDuration.observe(ContinuousClock.now - start) }
        return response
    }

    /// The bot of the token in the path, or the answer for who has none.
    private func access(_ request: HTTPServerRequest) -> (binding: Binding?, refusal: Outcome) {
        switch ProxyAccess.of(request.parameters["token"] ?? "", directory) {
        case .allowed(let binding): (binding, (BotAPIAnswer.notFound, ""))
        case .unknown: (nil, (BotAPIAnswer.unauthorized, "unauthorized"))
        case .malformed: (nil, (BotAPIAnswer.notFound, "not_found"))
        }
    }

    private func file(_ request: HTTPServerRequest) async -> Outcome {
        let (binding, refusal) = access(request)
        guard let binding else { return refusal }
        guard let path = FilePath.encoded(request.parameters["path"] ?? ""), [.get, .head].contains(request.method)
        else { return (BotAPIAnswer.notFound, "not_found") }
        guard calls.enter(binding.botID) else { return (BotAPIAnswer.tooManyRequests(1), "limited") }
        defer { calls.leave(binding.botID) }
        return named(await upstream.file(request, path: path, token: binding.token))
    }

    private func call(_ request: HTTPServerRequest) async -> Outcome {
        let (binding, refusal) = access(request)
        guard let binding else { return refusal }
        let method = request.parameters["method"] ?? ""
        guard (1...64).contains(method.utf8.count), method.utf8.allSatisfy(Self.isNameByte) else {
            return (BotAPIAnswer.notFound, "not_found")
        }
        guard [.get, .post].contains(request.method) else {
            return (BotAPIAnswer.failure(405, "Method Not Allowed"), "not_found")
        }
        if let own = PlatformMethod(rawValue: method.lowercased()) { return await answer(own, request, binding) }
        return await forward(method, request, binding)
    }

    // MARK: The platform's own

    private func answer(_ method: PlatformMethod, _ request: HTTPServerRequest, _ binding: Binding) async -> Outcome {
        switch method {
        case .setWebhook: return (BotAPIAnswer.success("true", description: "Webhook is already set"), "platform")
        case .deleteWebhook:
            return (BotAPIAnswer.success("true", description: "Webhook is already deleted"), "platform")
        case .getWebhookInfo:
            let pending = await polls.pending(binding)
            let info = #"{"url":"","has_custom_certificate":false,"pending_update_count":\#(pending)}"#
            return (BotAPIAnswer.success(info), "platform")
        case .logOut, .close:
            let text = "Bad Request: the platform keeps the bot at its Bot API server, \(method) would take it away"
            return (BotAPIAnswer.failure(400, text), "platform")
        case .getUpdates:
            guard let arguments = await arguments(of: request, until: { _ in false })?.arguments else {
                return (BotAPIAnswer.failure(400, "Bad Request: the request has no end"), "failed")
            }
            return (await polls.poll(PollRequest(arguments), binding), "updates")
        }
    }

    // MARK: Telegram's

    private func forward(_ method: String, _ request: HTTPServerRequest, _ binding: Binding) async -> Outcome {
        let items = method.lowercased() == "sendmediagroup" ? "media" : "chat_id"
        let known = await arguments(of: request) { $0["chat_id"] != nil && $0[items] != nil }
        guard let (arguments, body) = known else {
            return (BotAPIAnswer.failure(400, "Bad Request: the request has no end"), "failed")
        }
        guard calls.enter(binding.botID) else { return (BotAPIAnswer.tooManyRequests(1), "limited") }
        defer { calls.leave(binding.botID) }
        let limited = arguments.limitedCall(method)
        let limiter = limits.limiter(outgoingTopic: binding.outgoingTopic)
        if case .later(let seconds) = await turns.turn(for: limited, of: binding.botID, limiter) {
            return (BotAPIAnswer.tooManyRequests(seconds), "limited")
        }
        let query = request.target.firstIndex(of: "?").map { request.target[$0...] } ?? ""
        let answer = await upstream.call(request, method, query: query, token: binding.token, body: body)
        if let wait = answer.retryAfter {
            let now = ContinuousClock.now
            limiter.refused(limited, until: now + wait, now: now)
        }
        return named(answer.response)
    }

    /// Reads as much of the request as it takes; `nil` when the client has gone.
    private func arguments(
        of request: HTTPServerRequest, until isEnough: (CallArguments) -> Bool
    ) async -> (arguments: CallArguments, body: PeekedBody)? {
        let type = request.headers["Content-Type"] ?? ""
        func read(_ body: PeekedBody) -> CallArguments {
            CallArguments(query: request.query, contentType: type, body: body.prefix, isWhole: body.rest == nil)
        }
        do {
            let body = try await PeekedBody(request) { isEnough(read($0)) }
            return (read(body), body)
        } catch {
            return nil
        }
    }

    private func named(_ response: HTTPServerResponse) -> Outcome {
        switch response.status.rawValue {
        case 200...399: (response, "ok")
        case 429: (response, "limited_by_telegram")
        case 502, 504: (response, "unreachable")
        default: (response, "refused")
        }
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
            true
        default: false
        }
    }
}
