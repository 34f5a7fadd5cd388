import PlatformAPI

/// Which bots have series of their own: so many at the most, each from its first message until it rests or is gone. Pure; the clock
/// comes from outside.
///
/// A bot that has a seat keeps it while it is at work: giving it to whoever was active last would make new series all the time, and
/// a monitoring system pays for each that there ever was.
struct BotSeats: Sendable {
    typealias Instant = ContinuousClock.Instant

    /// A bot without a message for so long may lose its seat to another one.
    static let rest = Duration.seconds(3600)
    /// Of all bots without a seat.
    static let others = "other"

    private struct Seat: Sendable {
        let label: String
        var lastSeen: Instant
    }

    private var seats: [BotID: Seat] = [:]
    private var lookedAt: Instant?
    private let maximum: Int

    init(maximum: Int) { self.maximum = maximum }

    /// Bots with a seat.
    var count: Int { seats.count }

    /// A bot is at work.
    /// - Returns: what its series are called, and those of bots that have lost their seats.
    mutating func label(of bot: BotID, now: Instant) -> (label: String, freed: [String]) {
        if let label = seats[bot]?.label {
            seats[bot]?.lastSeen = now
            return (label, [])
        }
        let freed = seats.count >= maximum ? freeResting(now: now) : []
        guard seats.count < maximum else { return (Self.others, freed) }
        let label = bot.description
        seats[bot] = Seat(label: label, lastSeen: now)
        return (label, freed)
    }

    /// Bots that are gone lose their seats.
    /// - Returns: what their series were called.
    mutating func keep(only isThere: (BotID) -> Bool) -> [String] {
        let gone = seats.filter { !isThere($0.key) }
        for bot in gone.keys { seats[bot] = nil }
        return gone.values.map(\.label)
    }

    /// Looks through all of them, so not more often than once a minute.
    private mutating func freeResting(now: Instant) -> [String] {
        if let lookedAt, now - lookedAt < .seconds(60) { return [] }
        lookedAt = now
        let resting = seats.filter { now - $0.value.lastSeen >= Self.rest }
        for bot in resting.keys { seats[bot] = nil }
        return resting.values.map(\.label)
    }
}
