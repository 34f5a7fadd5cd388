import Concurrency
import FoundationEssentials
import HTTPTypes
import JSON
import Observability
import PlatformAPI
import TelegramBotAPI

/// Takes the updates that routes are for to their services, and the services' answers to the bot's outgoing topic.
struct RouteDispatcher: Sendable {
    private let caller: RouteCaller
    private let sessions: (any SessionStore)?
    private let admission: RouteAdmission
    private let answers: RouteAnswers
    private let metrics: RouteMetrics
    private let missing: MissingRedis

    /// - Parameter sessions: `nil`: there are none, as there is no Redis.
    init(
        caller: RouteCaller, sessions: (any SessionStore)?, admission: RouteAdmission, answers: RouteAnswers,
        metrics: RouteMetrics, missing: MissingRedis
    ) {
        self.missing = missing
        self.caller = caller
        self.sessions = sessions
        self.admission = admission
        self.answers = answers
        self.metrics = metrics
    }

    /// What became of an update; `nil`: no route is for it. Returns ``IntakeResult/accepted`` when the answer is safe in Kafka,
    /// or there is none.
    func take(_ update: IncomingUpdate) async -> IntakeResult? {
        guard let bound = update.binding.routes else { return nil }
        guard let routable = RoutableUpdate(update.body, kind: update.fields.kind),
            let route = RouteTable.match(routable.content, in: bound)
        else {
            metrics.updates.increment(["unmatched"])
            return nil
        }
        let bot = update.binding.botID
        guard admission.enter(bot) else {
            metrics.updates.increment(["busy"])
            return .unavailable
        }
        metrics.inFlight.set(Double(admission.count))
        defer {
            admission.leave(bot)
            metrics.inFlight.set(Double(admission.count))
        }
        let start = ContinuousClock.now
        let (calls, label) = await answer(routable, route, update)
        guard await answers.send(calls, for: update) else {
            metrics.updates.increment(["unavailable"])
            return .unavailable
        }
        metrics.duration.observe(ContinuousClock.now - start)
        metrics.updates.increment([label])
        return .accepted
    }

    private func answer(
        _ routable: RoutableUpdate, _ route: BoundRoute, _ update: IncomingUpdate
    ) async -> ([OutgoingEnvelope], label: String) {
        let bot = update.binding.botID
        let requestID = RouteRequest.id(of: update.fields.updateID, for: bot)
        let question = RouteCaller.Question(
            bot: bot, route: route, body: await body(routable, requestID, bot),
            headers: Self.headers(routable, route, update, requestID))
        guard let answer = await caller.ask(question) else {
            return (
                RouteFormatter.calls(saying: route.apology, to: routable.place, requestID: requestID), "apology"
            )
        }
        await keep(answer.session, of: routable.userID, bot)
        let isSilent = answer.text == nil && answer.keyboard == nil && answer.notice == nil
        return (
            RouteFormatter.calls(answer, to: routable, requestID: requestID), isSilent ? "silent" : "answered"
        )
    }

    private func body(_ update: RoutableUpdate, _ requestID: String, _ bot: BotID) async -> RouteRequest {
        // A command's request does not name the user, but using the bot keeps the session alive.
        let user = await user(update.userID, bot)
        return switch update.content {
        case .command(let name, _, let arguments):
            .command(telegramUserID: update.userID, command: name, arguments: arguments, requestID: requestID)
        case .action(let action, let target):
            .callback(userID: user, action: action, targetUserID: target, requestID: requestID)
        case .text(let text):
            .text(userID: user, telegramUserID: update.userID, message: text, requestID: requestID)
        }
    }

    private static func headers(
        _ routable: RoutableUpdate, _ route: BoundRoute, _ update: IncomingUpdate, _ requestID: String
    ) -> HTTPHeaders {
        var headers: HTTPHeaders = ["traceparent": update.traceparent]
        headers[RouteRequest.Header.requestID] = requestID
        headers[RouteRequest.Header.botID] = "\(update.binding.botID)"
        headers[RouteRequest.Header.route] = route.name
        headers[RouteRequest.Header.userID] = "\(routable.userID)"
        headers[RouteRequest.Header.chatID] = routable.place.chatID.map { "\($0)" }
        return headers
    }

    private func user(_ user: Int64, _ bot: BotID) async -> JSONValue? {
        guard let sessions else { return nil }
        do {
            return try await sessions.user(user, of: bot)
        } catch {
            metrics.sessionFailures.increment()
            return nil
        }
    }

    private func keep(_ session: RouteAnswer.Session, of user: Int64, _ bot: BotID) async {
        guard let sessions else {
            if session != .keep { missing.tell("a service has named a user", bot) }
            return
        }
        do {
            switch session {
            case .keep: break
            case .end: try await sessions.set(nil, for: user, of: bot)
            case .set(let value): try await sessions.set(value, for: user, of: bot)
            }
        } catch {
            metrics.sessionFailures.increment()
        }
    }
}
