import HTTPServer

/// The query of `/sent` and `/calls`.
struct RecordQuery: Sendable, Equatable {
    var filter: RecordFilter
    /// How many calls at most, when it is not waited for.
    var limit = 1000
    /// How long to wait for `count` calls; `nil`: not at all.
    var wait: Duration?
    var count = 1

    /// The most that one answer has.
    static let longestAnswer = 100_000

    init(_ request: HTTPServerRequest, sentOnly: Bool) throws(SimulatorError) {
        filter = RecordFilter(sentOnly: sentOnly)
        for (name, value) in request.query {
            if name == "method" {
                filter.method = value
                continue
            }
            guard let number = Int64(value) else {
                throw SimulatorError(.invalid, "\(name) must be a whole number")
            }
            switch name {
            case "bot": filter.bot = number
            case "chat": filter.chatID = number
            case "after": filter.after = number
            case "limit": limit = Int(min(max(number, 1), Int64(Self.longestAnswer)))
            case "count": count = Int(min(max(number, 1), Int64(Self.longestAnswer)))
            case "wait": wait = min(.seconds(max(number, 0)), ControlServer.longestWait)
            default:
                throw SimulatorError(
                    .invalid, "unknown parameter \(name); known: bot chat method after limit count wait")
            }
        }
    }
}
