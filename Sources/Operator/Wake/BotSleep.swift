import PlatformAPI

/// Keeps a bot from sleeping through an update that came while its workers were ending, and from being woken twice for the
/// same sleep. A sleep is known by the generation of the Deployment, which each change of its replicas raises: a bot that
/// sleeps again right after its wake may never have been seen awake. Pure.
struct BotSleep: Sendable {
    /// The Deployment's generation that was last seen; `nil` after the operator's start.
    private var generation: Int64?
    /// Since when the bot has been seen asleep, until it has been looked at for the last time.
    private var since: ContinuousClock.Instant?
    /// The sleep that was last ended, and when.
    private var wake: (generation: Int64, at: ContinuousClock.Instant)?

    /// How long after the beginning of a sleep the last look for updates comes: gateways say so once per
    /// ``WakeSignal/interval`` only, and what they have said before the bot was seen asleep woke nobody. The rest is for an
    /// update's way into Kafka.
    static let lookTime = WakeSignal.interval + .milliseconds(500)
    /// How long a wake is given to be seen.
    static let settleTime = Duration.seconds(5)

    /// The bot is seen asleep.
    /// - Returns: `nil`: it need not be looked for updates; else it is to be looked now, and once more after the given time, or
    ///   for the last time (zero), which is told by ``endLooks()``.
    mutating func noteAsleep(generation: Int64, at now: ContinuousClock.Instant) -> Duration? {
        if let known = self.generation, known != generation { since = now }
        self.generation = generation
        return since.map { max(.zero, $0 + Self.lookTime - now) }
    }

    /// The last look has been taken, and what followed from it done.
    mutating func endLooks() { since = nil }

    /// The bot is seen awake.
    mutating func noteAwake(generation: Int64) {
        self.generation = generation
        since = nil
        wake = nil
    }

    /// How long the bot is not to be woken, because it just has been and is not seen awake yet; `nil`: it is to be woken, which
    /// is remembered then.
    mutating func beginWake(generation: Int64, at now: ContinuousClock.Instant) -> Duration? {
        if let wake, wake.generation == generation, now - wake.at < Self.settleTime {
            return wake.at + Self.settleTime - now
        }
        wake = (generation, now)
        return nil
    }

    /// The wake has failed.
    mutating func cancelWake() { wake = nil }
}
