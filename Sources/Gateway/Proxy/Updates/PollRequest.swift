/// What a bot asks for with `getUpdates`. `allowed_updates` is the operator's business and not looked at.
struct PollRequest: Sendable, Equatable {
    /// Confirms what was given out below it. Negative: all but so many at the end are to be forgotten.
    var offset: Int64?
    /// 1 to 100.
    var limit: Int
    /// How long to wait for a first update.
    var timeout: Duration

    /// As Telegram reads them: what is out of range counts as the nearest that is not.
    init(_ arguments: CallArguments) {
        self.init(
            offset: arguments.int("offset"), limit: arguments.int("limit").map { Int(clamping: $0) } ?? Self.most,
            seconds: arguments.int("timeout") ?? 0)
    }

    init(offset: Int64? = nil, limit: Int = most, seconds: Int64 = 0) {
        self.offset = offset
        self.limit = limit < 1 ? Self.most : min(limit, Self.most)
        timeout = .seconds(min(max(seconds, 0), Self.longest))
    }

    static let most = 100
    private static let longest: Int64 = 50
}
