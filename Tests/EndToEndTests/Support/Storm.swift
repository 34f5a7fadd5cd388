/// What goes wrong, when and for how long, and what people do meanwhile: drawn by a seed, the same for the same seed.
struct Storm: CustomStringConvertible {
    enum Trouble: Hashable {
        /// Ended without a good-bye, started anew.
        case apiServerKilled
        /// Takes connections and answers nothing.
        case apiServerFrozen
        case brokerStopped
        case brokerFrozen
        /// 429, 5xx, time-outs and cut connections for a part of the calls.
        case telegram
        /// 401 to all calls of one bot.
        case tokenRefused(bot: Int)
        case operatorKilled
        case gatewayKilled
    }

    /// Troubles at the same time, and the quiet after them.
    struct Gust {
        var troubles: [(Trouble, Duration)]
        var lull: Duration
    }

    /// A bot is applied (again), or deleted.
    struct Deed {
        /// Since the deed before.
        var pause: Duration
        var bot: Int
        /// `nil`: it is deleted.
        var connections: Int?
    }

    private(set) var gusts: [Gust] = []
    private(set) var deeds: [Deed] = []
    /// When the bot that comes back is deleted.
    let returnsAfter: Duration
    /// How long people try what the troubles are in the way of.
    let patience: Duration

    /// - Parameter longest: how long a trouble lasts at most.
    init(seed: UInt64, longest: Duration) {
        var dice = Dice(state: seed)
        func duration(_ range: ClosedRange<Double>) -> Duration { longest * Double.random(in: range, using: &dice) }
        var troubles: [Trouble] = [
            .apiServerKilled, .apiServerFrozen, .brokerStopped, .brokerFrozen, .telegram, .telegram,
            .tokenRefused(bot: Int.random(in: 4..<7, using: &dice)), .operatorKilled, .operatorKilled, .gatewayKilled,
        ]
        troubles.shuffle(using: &dice)
        while !troubles.isEmpty {
            var gust: [(Trouble, Duration)] = []
            for _ in 0..<Int.random(in: 1...2, using: &dice) {
                guard let trouble = troubles.last, !gust.contains(where: { $0.0.excludes(trouble) }) else { break }
                troubles.removeLast()
                gust.append((trouble, duration(0.1...1)))
            }
            gusts.append(Gust(troubles: gust, lull: duration(0...0.3)))
        }
        deeds = (Array(0..<7) + [7, 8] + [10, 11] + Array(0..<7)).shuffled(using: &dice).map { bot in
            Deed(
                pause: duration(0...0.4), bot: bot,
                connections: (7..<9).contains(bot) ? nil : Int.random(in: 1...100, using: &dice))
        }
        returnsAfter = duration(0...3)
        patience = .seconds(60) + longest * 5
    }

    var description: String {
        gusts.map { gust in
            let troubles = gust.troubles.map { "\($0.0) for \($0.1)" }.joined(separator: ", ")
            return "\(troubles); quiet for \(gust.lull)"
        }.joined(separator: "\n")
            + "\ndeeds: \(deeds.map { "\($0.bot): \($0.connections.map { "\($0)" } ?? "deleted")" }.joined(separator: ", "))"
    }
}

extension Storm.Trouble {
    private enum Part { case apiServer, broker, telegram, operation, gateway }

    /// One server cannot be stopped while it is frozen, and clients of a broker that is about to stop are held: none may
    /// come meanwhile.
    fileprivate func excludes(_ other: Self) -> Bool {
        let parts = [part, other.part]
        return parts[0] == parts[1]
            || [self, other].contains(.brokerStopped) && (parts.contains(.operation) || parts.contains(.gateway))
    }

    private var part: Part {
        switch self {
        case .apiServerKilled, .apiServerFrozen: .apiServer
        case .brokerStopped, .brokerFrozen: .broker
        case .telegram, .tokenRefused: .telegram
        case .operatorKilled: .operation
        case .gatewayKilled: .gateway
        }
    }
}

/// splitmix64.
private struct Dice: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var value = state
        value = (value ^ (value >> 30)) &* 0xbf58_476d_1ce4_e5b9
        value = (value ^ (value >> 27)) &* 0x94d0_49bb_1331_11eb
        return value ^ (value >> 31)
    }
}
