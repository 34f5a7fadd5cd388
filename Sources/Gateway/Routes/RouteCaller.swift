import Concurrency
import FoundationEssentials
import HTTPClient
import HTTPTypes
import Observability
import PlatformAPI

/// Asks a route's service: a time-out for each try, one more try when the first came to nothing, and no try at all while its
/// circuit is open.
struct RouteCaller: Sendable {
    /// A request with its route.
    struct Question: Sendable {
        let bot: BotID
        let route: BoundRoute
        let body: RouteRequest
        let headers: HTTPHeaders
    }

    /// Sends one request.
    typealias Send = @Sendable (HTTPRequest) async throws -> HTTPResponse

    /// Between the two tries: a service that is just being replaced is back by then, often.
    private static let pause = Duration.milliseconds(100)
    private static let tries = 2

    private let circuits: RouteCircuits
    private let metrics: RouteMetrics
    private let logger: Logger
    private let send: Send

    init(circuits: RouteCircuits, metrics: RouteMetrics, logger: Logger, send: @escaping Send) {
        self.circuits = circuits
        self.metrics = metrics
        self.logger = logger
        self.send = send
    }

    /// What came of one try.
    private enum Outcome {
        case answer(RouteAnswer)
        /// The service has answered something of no use; asking again would not help.
        case useless(String)
        /// It may do better at once.
        case failed
        case circuitOpen
    }

    /// The service's answer; `nil` when there is none.
    func ask(_ question: Question) async -> RouteAnswer? {
        for attempt in 1...Self.tries {
            switch await attemptOnce(question) {
            case .answer(let answer): return answer
            case .circuitOpen: return nil
            case .useless(let why):
                logger.warning(
                    "a service's answer is of no use",
                    [
                        "bot_id": .string("\(question.bot)"), "route": .string(question.route.name),
                        "error": .string(why),
                    ])
                return nil
            case .failed:
                guard attempt < Self.tries, await sleepUnlessCancelled(for: Self.pause) else { return nil }
            }
        }
        return nil
    }

    private func attemptOnce(_ question: Question) async -> Outcome {
        let url = question.route.url
        guard circuits.mayCall(url, of: question.bot) else {
            metrics.calls.increment(["circuit_open"])
            return .circuitOpen
        }
        let (outcome, label) = await exchange(question)
        if case .failed = outcome {
            circuits.ended(well: false, url, of: question.bot)
        } else {
            circuits.ended(well: true, url, of: question.bot)
        }
        metrics.calls.increment([label])
        return outcome
    }

    private func exchange(_ question: Question) async -> (Outcome, label: String) {
        let response: HTTPResponse
        do {
            var headers = question.headers
            headers["Content-Type"] = "application/json"
            response = try await send(
                HTTPRequest(
                    .post, question.route.url, headers: headers, body: .bytes(try Self.encode(question.body)),
                    timeout: .milliseconds(question.route.timeoutMilliseconds)))
        } catch let error as HTTPClientError {
            if error.code == .bodyTooLarge || error.code == .invalidResponse {
                return (.useless(error.message), "malformed")
            }
            logger.debug(
                "a service did not answer",
                [
                    "bot_id": .string("\(question.bot)"), "route": .string(question.route.name),
                    "error": .string(error.message),
                ])
            return (.failed, error.code == .timedOut ? "timed_out" : "unreachable")
        } catch {
            return (.failed, "unreachable")
        }
        guard response.status.isSuccess else {
            return response.status.isServerError
                ? (.failed, "server_error") : (.useless("its status is \(response.status)"), "refused")
        }
        guard !response.body.isEmpty, response.status != .noContent else { return (.answer(RouteAnswer()), "answered") }
        do {
            let answer = try Self.decode(response.body)
            if let problem = answer.problem { return (.useless(problem), "malformed") }
            return (.answer(answer), "answered")
        } catch {
            return (.useless(Self.words(error)), "malformed")
        }
    }

    private static func encode(_ body: RouteRequest) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return Array(try encoder.encode(body))
    }

    private static func decode(_ body: [UInt8]) throws -> RouteAnswer {
        guard OutgoingEnvelope.isShallow(body) else {
            throw DecodingError.dataCorrupted(.init(codingPath: [], debugDescription: "nested too deep"))
        }
        return try JSONDecoder().decode(RouteAnswer.self, from: Data(body))
    }

    /// Which field it is, and nothing of what stands in it.
    private static func words(_ error: any Error) -> String {
        let path: [any CodingKey] =
            switch error as? DecodingError {
            case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context):
                context.codingPath
            case .keyNotFound(let key, let context): context.codingPath + [key]
            default: []
            }
        let field = path.map(\.stringValue).joined(separator: ".")
        return field.isEmpty ? "it is no JSON object" : "its field \(field) is missing or of another type"
    }
}
