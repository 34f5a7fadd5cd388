/// How a client waits, and for how much at most.
package struct RedisSettings: Sendable {
    /// How long a command may take, from the call to its answer.
    package var timeout: Duration = .milliseconds(250)
    /// How long connecting may take, and then how long the login.
    package var connectTimeout: Duration = .seconds(1)
    /// The pause before the first try to connect again.
    package var shortestPause: Duration = .milliseconds(50)
    /// The longest pause between two tries. A connection that held as long lets pauses begin anew.
    package var longestPause: Duration = .seconds(5)
    /// A connection without traffic for so long is tried with a `PING`.
    package var idleProbe: Duration = .seconds(10)
    /// How many commands may wait for their answers; one more fails at once.
    package var maxWaitingCommands = 10_000
    /// How many bytes the commands that wait for their answers may have together.
    package var maxWaitingBytes = 64 << 20
    /// The longest answer; a longer one ends the connection.
    package var maxReplyBytes = 64 << 20

    package init() {}

    /// Makes no sense: durations and limits must be positive.
    func validate() throws(RedisError) {
        let durations = [timeout, connectTimeout, shortestPause, longestPause, idleProbe]
        guard durations.allSatisfy({ $0 > .zero && $0 <= .seconds(86_400) }), longestPause >= shortestPause else {
            throw RedisError(
                .invalidArgument, "Redis: time-outs and pauses must be above zero, and the longest pause the longest")
        }
        guard maxWaitingCommands > 0, maxWaitingBytes > 0, maxReplyBytes > 0 else {
            throw RedisError(.invalidArgument, "Redis: limits must be above zero")
        }
    }
}
