import Concurrency
package import Observability

/// A client of one Redis server over one connection, which all callers share: what waits is written together, and answers
/// are told apart by their order.
///
/// Made to be gone without: while there is no connection every call fails at once with the code `unavailable`, no call
/// takes longer than its time-out, and the client connects anew by itself. A command that was sent and not answered may
/// have been carried out; nothing is sent twice.
package final class RedisClient: Service {
    package let name = "redis"
    /// The server's host and port.
    package let server: String
    private let settings: RedisSettings
    private let mailbox: RedisMailbox
    private let thread: RedisLoopThread
    private let metrics: RedisMetrics
    /// The digests of scripts that the server has been given, by their text.
    private let digests = Locked<[RedisScript: String]>([:])

    /// Begins to connect and does not wait for it.
    package init(
        url: RedisURL, settings: RedisSettings = RedisSettings(), logger: Logger, metrics: MetricsRegistry? = nil
    ) throws(RedisError) {
        try settings.validate()
        self.settings = settings
        server = url.server
        let mailbox = try RedisMailbox(server: url.server, settings: settings)
        let metrics = RedisMetrics(metrics)
        self.mailbox = mailbox
        self.metrics = metrics
        thread = try RedisLoopThread(RedisLoop(url, settings, mailbox: mailbox, logger: logger, metrics: metrics))
    }

    /// Whether commands go through at present.
    package var isConnected: Bool { mailbox.isConnected }

    /// How many commands wait for their answers.
    package var waiting: Int { mailbox.waiting }

    /// Carries out one command and returns its answer, never ``RedisReply/error(_:)``: the server's refusal is thrown.
    ///
    /// Commands that block or change the connection (`BLPOP`, `SUBSCRIBE`, `MULTI`, `SELECT`, `CLIENT` and their like) are
    /// refused: others use it too.
    package func command(_ arguments: [RedisArgument]) async throws(RedisError) -> RedisReply {
        guard let first = await pipeline([arguments]).first else {
            throw RedisError(.malformedReply, "Redis at \(server) answered nothing")
        }
        return try first.get()
    }

    /// Carries out all commands, in this order and written together, and returns what became of each. Others' commands may
    /// come in between. When one of them is invalid, or there is no room for all, none is sent.
    package func pipeline(_ commands: [[RedisArgument]]) async -> [Result<RedisReply, RedisError>] {
        guard !commands.isEmpty else { return [] }
        do throws(RedisError) {
            return Self.results(try await perform(commands), count: commands.count)
        } catch {
            metrics.count(error, of: commands.count)
            return commands.map { _ in .failure(error) }
        }
    }

    /// Runs a script: by its digest when the server has been given it, else by its text.
    /// - Parameters:
    ///   - keys: `KEYS[1]…`: all keys that the script touches.
    ///   - arguments: `ARGV[1]…`
    package func script(
        _ script: RedisScript, keys: [RedisArgument] = [], arguments: [RedisArgument] = []
    ) async throws(RedisError) -> RedisReply {
        let parameters = [.int(keys.count)] + keys + arguments
        if let digest = digests.withLock({ $0[script] }) {
            do throws(RedisError) {
                return try await command(["EVALSHA", .string(digest)] + parameters)
            } catch {
                // The server was restarted, or its scripts were flushed. It has done nothing.
                guard error.serverCode == "NOSCRIPT" else { throw error }
            }
        }
        // The digest is asked for in the same breath, so that the first call takes no longer than others.
        let results = await pipeline([
            ["SCRIPT", "LOAD", .string(script.source)], ["EVAL", .string(script.source)] + parameters,
        ])
        if case .success(.string(let bytes)) = results[0] {
            digests.withLock { $0[script] = String(decoding: bytes, as: UTF8.self) }
        }
        return try results[1].get()
    }

    /// Ends the connection; what waits, and what comes later, fails with the code `closed`. May be called more than once.
    package func close() async { await thread.shutdown() }

    /// Works until the client is closed or the task is cancelled.
    package func run() async throws {
        await withTaskCancellationHandler {
            await mailbox.awaitTermination()
        } onCancel: {
            mailbox.shutDown()
        }
    }

    package func shutdown() async { await close() }

    private func perform(_ commands: [[RedisArgument]]) async throws(RedisError) -> RedisBatch.Outcome {
        guard !Task.isCancelled else { throw .cancelled(server) }
        var bytes: [UInt8] = []
        for command in commands { try CommandEncoding.append(command, to: &bytes) }
        let batch = RedisBatch(bytes: bytes, count: commands.count, submitted: .now, timeout: settings.timeout)
        try mailbox.post(batch)
        return await batch.outcome(cancelled: .cancelled(self.server))
    }

    private static func results(_ outcome: RedisBatch.Outcome, count: Int) -> [Result<RedisReply, RedisError>] {
        switch outcome {
        case .answered(let replies): replies.map(result)
        case .failed(let error, let replies):
            replies.map(result) + Array(repeating: .failure(error), count: count - replies.count)
        }
    }

    private static func result(_ reply: RedisReply) -> Result<RedisReply, RedisError> {
        if case .error(let text) = reply { .failure(.refused(text)) } else { .success(reply) }
    }
}
