/// How events are folded and bounded.
package struct EventSettings: Sendable {
    /// The same again within this time of the last one counts as a repeat.
    package var window: Duration = .seconds(360)
    /// Repeats are written once in this time.
    package var interval: Duration = .seconds(30)
    /// How many different events may come of one object at once.
    package var burstPerObject = 25
    /// In this time one more may.
    package var refillPerObject: Duration = .seconds(30)
    /// How many different events are remembered; the longest unseen is forgotten first.
    package var maximumSeries = 4096
    /// How many events may wait to be written; the oldest is dropped first.
    package var maximumWaiting = 1024

    package init() {}
}
