/// The times of a leader election.
package struct LeaderElectionTiming: Sendable, Equatable {
    /// How long others wait, after they saw the record change last, before they take the lease. Whole seconds.
    package var leaseDuration: Duration
    /// A leader that could not renew for so long stops leading. Less than `leaseDuration`, so that it has stopped before
    /// another may begin.
    package var renewDeadline: Duration
    /// Between tries, of the leader and of the others.
    package var retryPeriod: Duration

    package init(
        leaseDuration: Duration = .seconds(15), renewDeadline: Duration = .seconds(10),
        retryPeriod: Duration = .seconds(2)
    ) {
        precondition(
            leaseDuration >= .seconds(1) && renewDeadline < leaseDuration && retryPeriod < renewDeadline,
            "a lease must last longer than the renew deadline, and that longer than the retry period")
        self.leaseDuration = leaseDuration
        self.renewDeadline = renewDeadline
        self.retryPeriod = retryPeriod
    }
}
