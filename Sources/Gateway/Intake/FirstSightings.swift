import PlatformAPI

/// When queries that were refused were first seen here: Telegram sends them again, and their time runs on meanwhile. Pure; times
/// are milliseconds since 1970.
///
/// There are two generations, as in ``SeenUpdates``: a query is remembered for ``window`` at least, or until so many others
/// have come that the memory is full.
struct FirstSightings: Sendable {
    /// Longer than Telegram keeps any query.
    static let window: Int64 = 200_000

    private struct Update: Hashable, Sendable {
        let bot: BotID
        let id: Int64
    }

    private var young: [Update: Int64] = [:]
    private var old: [Update: Int64] = [:]
    private var youngSince: Int64 = 0
    private let maximum: Int

    /// - Parameter maximum: queries of a generation; one takes about 60 bytes.
    init(maximum: Int = 10_000) { self.maximum = maximum }

    /// Queries that are remembered.
    var count: Int { young.count + old.count }

    /// When the query was first seen; `nil`: not before.
    func time(of id: Int64, of bot: BotID) -> Int64? {
        let update = Update(bot: bot, id: id)
        return old[update] ?? young[update]
    }

    /// The query was refused, and is going to come again.
    mutating func refused(_ id: Int64, of bot: BotID, at time: Int64) {
        let update = Update(bot: bot, id: id)
        guard old[update] == nil, young[update] == nil else { return }
        if young.count >= maximum || time - youngSince >= Self.window {
            old = young
            young = [:]
            youngSince = time
        }
        young[update] = time
    }

    /// The query was taken.
    mutating func taken(_ id: Int64, of bot: BotID) {
        guard count > 0 else { return }
        let update = Update(bot: bot, id: id)
        young[update] = nil
        old[update] = nil
    }
}
