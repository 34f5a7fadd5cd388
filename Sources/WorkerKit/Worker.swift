import Concurrency
import Glibc
import Observability

/// A bot's program: takes updates from the bot's incoming topic, gives each to a handler and sends what the handler
/// answers to the outgoing topic, from where the gateway carries it to Telegram.
///
/// ```swift
/// import WorkerKit
///
/// await Worker.main { update, bot in
///     if let text = update.text { try await bot.reply(to: update, "You said: \(text)") }
/// }
/// ```
///
/// **Order.** Updates of one chat are handled one after another, those of different chats at the same time, up to
/// ``Configuration/concurrency``.
///
/// **At least once.** An update counts as done when its handler has returned, and ``Bot/send(method:params:)`` returns
/// when Kafka has the answer for good; only then is its offset committed. After a crash what was not committed comes
/// again, so a handler may see an update twice.
///
/// **Failures.** A handler that throws is called again after a pause, up to ``Configuration/attempts`` times, while later
/// updates of its chat wait. Then the update goes to the bot's dead-letter topic together with the error, and the chat
/// goes on. A record that holds no update goes there at once. The log names an error's type only, because its text may
/// hold what a person wrote. That Kafka cannot be reached is no failure of a handler: answers wait until it can.
///
/// **Too late.** A query (a pressed button, an inline query, a payment's question) that Telegram takes no answer to any more is
/// not handled; see ``Update/expiresAt`` and ``Configuration/handlesExpired``.
///
/// **Shutdown.** On SIGTERM no handler is started any more; those at work have ``Configuration/gracePeriod`` to end and
/// are then cancelled. What is done is committed, the group is left, and all else is handled by the next worker.
public struct Worker: Sendable {
    /// Answers one update. It runs on no particular actor; several run at the same time for different chats.
    public typealias Handler = @Sendable (_ update: Update, _ bot: Bot) async throws -> Void

    /// What the worker has done since its start.
    public struct Statistics: Sendable, Equatable {
        /// Updates whose handler has returned.
        public internal(set) var handled = 0
        /// Calls of the handler that failed, those that were repeated included.
        public internal(set) var failedAttempts = 0
        /// Updates that were given up after their last attempt.
        public internal(set) var givenUp = 0
        /// Queries that were left unhandled because it was too late to answer them.
        public internal(set) var expired = 0
        /// Records that held no update.
        public internal(set) var malformed = 0
        /// Answers that Kafka has acknowledged.
        public internal(set) var answers = 0
    }

    private let service: WorkerService
    private let gracePeriod: Duration

    /// - Parameter configuration: from the environment as a rule: ``Configuration/fromEnvironment(_:)``.
    public init(_ configuration: Configuration, handler: @escaping Handler) {
        self.init(configuration, logger: Logger(label: "worker", level: configuration.level), handler: handler)
    }

    init(_ configuration: Configuration, logger: Logger, handler: @escaping Handler) {
        service = WorkerService(
            configuration, logger: logger.with(["bot_id": .string(configuration.botID)]), handler: handler)
        gracePeriod = configuration.gracePeriod
    }

    /// What the worker has done so far.
    public var statistics: Statistics { service.statistics }

    /// Works until SIGTERM, SIGINT or the cancellation of the task, then returns when all is in order. Call it once.
    /// - Throws: ``WorkerError``, or what Kafka says, when the worker cannot go on.
    public func run() async throws {
        let logger = service.logger
        // Ends behind the handlers' own grace period: the last commit and the leave of the group take a moment.
        try await ServiceGroup([service], gracePeriod: gracePeriod) { event in
            switch event {
            case .signalled(let number): logger.info("shutting down", ["signal": .int(Int(number))])
            case .cancelled(_, let after):
                logger.warning("handlers did not end in time", ["seconds": .double(after.seconds)])
            case .started, .stopping, .stopped, .failed: break
            }
        }.run()
    }

    /// The whole program: reads the environment, works until SIGTERM, and ends the process with code 1 and a line in the
    /// log when something keeps it from working.
    /// - Parameter configure: changes the configuration that came from the environment.
    public static func main(
        configure: (inout Configuration) -> Void = { _ in }, _ handler: @escaping Handler
    ) async {
        do {
            var configuration = try Configuration.fromEnvironment()
            configure(&configuration)
            try await Worker(configuration, handler: handler).run()
        } catch {
            Logger(label: "worker").error("the worker cannot go on", ["error": .string("\(error)")])
            exit(1)
        }
    }
}
