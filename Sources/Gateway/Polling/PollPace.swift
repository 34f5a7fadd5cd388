/// How long calls for updates may be held. Pure.
enum PollPace {
    /// With more bots than connections a call is held for so much less that all get their turn in about the same time.
    /// - Parameter longest: whole seconds.
    static func wait(_ longest: Duration, bots: Int, connections: Int) -> Duration {
        guard bots > connections else { return longest }
        let seconds = longest.components.seconds * Int64(connections) / Int64(bots)
        return .seconds(max(1, seconds))
    }
}
