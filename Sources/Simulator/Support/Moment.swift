/// The present, on the two clocks the simulator needs.
struct Moment: Sendable {
    /// Time since the simulator's start as Telegram's rules count it: the real one divided by the time scale.
    var elapsed: Duration
    /// The wall clock, microseconds since 1970: what stands in `date` fields and in the record.
    var unixMicroseconds: Int64

    /// Seconds since 1970.
    var unixTime: Int64 { unixMicroseconds / 1_000_000 }
}
