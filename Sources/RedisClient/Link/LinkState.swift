import Concurrency

/// Where the one connection stands: decides when to connect, when to give up, and what is worth a line in the log. Does
/// no I/O; time and chance are told to it.
struct LinkState: Sendable {
    typealias Instant = ContinuousClock.Instant

    enum Phase: Sendable, Equatable {
        /// Not connected; the next try comes then.
        case away(until: Instant)
        /// TCP's handshake is under way.
        case connecting(until: Instant)
        /// The greeting was sent and has not been answered.
        case greeting(until: Instant)
        /// Commands go through.
        case ready(since: Instant)
    }

    /// What has to be done because time has passed.
    enum Due: Sendable, Equatable {
        case connect
        /// Connecting or the greeting took too long.
        case giveUp
    }

    private(set) var phase: Phase
    private let limit: Duration
    private let steady: Duration
    private var backoff: Backoff
    /// Since when there is no connection; said once in the log.
    private var awaySince: Instant?

    init(_ settings: RedisSettings, now: Instant) {
        phase = .away(until: now)
        limit = settings.connectTimeout
        steady = settings.longestPause
        backoff = Backoff(base: settings.shortestPause, maximum: settings.longestPause, jitter: 0.5)
    }

    var isReady: Bool {
        if case .ready = phase { true } else { false }
    }

    /// When ``due(at:)`` will have something; `nil` while nothing is waited for.
    var next: Instant? {
        switch phase {
        case .away(let until), .connecting(let until), .greeting(let until): until
        case .ready: nil
        }
    }

    func due(at now: Instant) -> Due? {
        switch phase {
        case .away(let until) where until <= now: .connect
        case .connecting(let until) where until <= now: .giveUp
        case .greeting(let until) where until <= now: .giveUp
        case .away, .connecting, .greeting, .ready: nil
        }
    }

    /// A try to connect has begun.
    mutating func connecting(at now: Instant) { phase = .connecting(until: now + limit) }

    /// TCP stands, the greeting was sent.
    mutating func greeting(at now: Instant) { phase = .greeting(until: now + limit) }

    /// The greeting was answered well.
    /// - Returns: how long the server was away; `nil` when nobody was told that it was.
    mutating func ready(at now: Instant) -> Duration? {
        phase = .ready(since: now)
        defer { awaySince = nil }
        return awaySince?.duration(to: now)
    }

    /// The connection, or the try to get one, has ended.
    /// - Returns: whether an outage begins with it, which is worth saying.
    mutating func lost(at now: Instant, random: Double) -> Bool {
        // One that breaks again and again must not be made anew without a pause.
        if case .ready(let since) = phase, since.duration(to: now) >= steady { backoff.reset() }
        phase = .away(until: now + backoff.next(random: random))
        guard awaySince == nil else { return false }
        awaySince = now
        return true
    }
}
