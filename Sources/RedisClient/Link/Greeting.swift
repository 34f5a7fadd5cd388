import Observability

/// What is said on a new connection, before anybody's commands: login, database, and whether the server answers at all.
struct Greeting: Sendable {
    private enum Step: Sendable { case login, database, ping }

    private let steps: [Step]
    private let database: Int
    /// All of it, to be sent at once.
    let bytes: [UInt8]

    init(_ url: RedisURL) {
        var steps: [Step] = []
        var bytes: [UInt8] = []
        if let password = url.password {
            let user = url.user.map { [RedisArgument.string($0)] } ?? []
            CommandEncoding.appendUnchecked(["AUTH"] + user + [.string(password.value)], to: &bytes)
            steps.append(.login)
        }
        if url.database != 0 {
            CommandEncoding.appendUnchecked(["SELECT", .int(url.database)], to: &bytes)
            steps.append(.database)
        }
        CommandEncoding.appendUnchecked(["PING"], to: &bytes)
        steps.append(.ping)
        self.steps = steps
        self.bytes = bytes
        database = url.database
    }

    /// How many answers belong to it.
    var count: Int { steps.count }

    /// Why the connection is of no use, judged by the first answer that is an error; `nil` when
    /// none of `replies`, which may be the first few, is one.
    func judge(_ replies: [RedisReply]) -> RedisError? {
        for (step, reply) in zip(steps, replies) {
            guard case .error(let text) = reply else { continue }
            let refusal = RedisError.refused(text)
            let word = refusal.serverCode ?? "ERR"
            switch (step, word) {
            case _ where text.contains("max number of clients"):
                return RedisError(.refused, "it has as many clients as it may have (maxclients)", serverCode: word)
            case (_, "NOAUTH"):
                return RedisError(
                    .authentication, "it wants a password: write redis://:password@host into the URL",
                    serverCode: word)
            case (.login, "WRONGPASS"), (.login, "ERR"):
                // The server's text may repeat the command, which holds the password.
                return RedisError(
                    .authentication, "it refused the user or the password of the URL", serverCode: word)
            case (.login, _):
                return RedisError(.refused, "it refused the login with \(word)", serverCode: word)
            case (.database, "ERR"):
                return RedisError(.refused, "it has no database \(database)", serverCode: word)
            case (.database, _), (.ping, _):
                return refusal
            }
        }
        return nil
    }
}
