import KubernetesTypes

/// The decisions of one candidate for a lease, without I/O. `now` is the time of any one monotonic clock of this
/// process; the timestamps inside the lease are other machines' and are never compared with it: a lease is taken over
/// when this candidate has itself seen it unchanged for as long as it lasts.
package struct LeaderElectionState: Sendable {
    /// What to do next; its outcome goes into one of the mutating functions.
    package enum Step: Sendable, Equatable {
        /// Get the lease.
        case read
        /// Create the lease with this content.
        case create(Lease.Spec)
        /// Write this content, if the lease still has the resourceVersion.
        case write(Lease.Spec, resourceVersion: String)
        /// Nothing to do for this long.
        case wait(Duration)
    }

    private struct Observation: Sendable {
        var spec: Lease.Spec
        var resourceVersion: String
        /// When this content was first seen.
        var since: Duration
    }

    private let identity: String
    private let timing: LeaderElectionTiming
    private var observed: Observation?
    private var needsRead = true
    private var waitsFirst = false
    /// When the last successful write was begun; `nil` while not leading.
    private var renewedAt: Duration?

    package init(identity: String, timing: LeaderElectionTiming) {
        self.identity = identity
        self.timing = timing
    }

    /// Who holds the lease as far as is known; `nil` for nobody.
    package var holder: String? {
        guard let holder = observed?.spec.holderIdentity, !holder.isEmpty else { return nil }
        return holder
    }

    /// When this candidate stops leading unless it renews; `nil` while it does not lead.
    package var deadline: Duration? { renewedAt.map { $0 + timing.renewDeadline } }

    /// Whether this candidate leads: it renewed within the renew deadline.
    package func isLeading(now: Duration) -> Bool {
        deadline.map { now < $0 } ?? false
    }

    /// The next step.
    /// - Parameters:
    ///   - time: the wall clock, as it goes into the lease.
    ///   - random: 0...1; spreads the candidates' tries.
    package mutating func next(now: Duration, time: String, random: Double = .random(in: 0...1)) -> Step {
        if waitsFirst {
            waitsFirst = false
            guard let deadline else { return .wait(timing.retryPeriod * (1 + 0.2 * random)) }
            return .wait(min(timing.retryPeriod, max(.zero, deadline - now)))
        }
        if needsRead { return .read }
        guard let observed else { return .create(record(time, taking: nil)) }
        if holder == identity {
            var spec = record(time, taking: observed.spec)
            spec.acquireTime = observed.spec.acquireTime ?? time
            spec.leaseTransitions = observed.spec.leaseTransitions
            return .write(spec, resourceVersion: observed.resourceVersion)
        }
        let lasts = observed.spec.leaseDurationSeconds.map { Duration.seconds($0) } ?? timing.leaseDuration
        if holder != nil, now < observed.since + lasts {
            needsRead = true
            return .wait(min(timing.retryPeriod * (1 + 0.2 * random), observed.since + lasts - now))
        }
        return .write(record(time, taking: observed.spec), resourceVersion: observed.resourceVersion)
    }

    /// The lease was read; `nil`: there is none.
    package mutating func read(_ lease: Lease?, now: Duration) {
        needsRead = false
        observe(lease, now: now)
        if holder != identity { renewedAt = nil }
    }

    /// A write (or creation) begun at `begun` succeeded.
    package mutating func written(_ lease: Lease, begun: Duration, now: Duration) {
        observe(lease, now: now)
        // Others count from when they saw the write, which is after it was begun.
        renewedAt = begun
        needsRead = false
        waitsFirst = true
    }

    /// A step failed. After a conflict the lease is read at once, after anything else some time later.
    package mutating func failed(isConflict: Bool) {
        needsRead = true
        waitsFirst = !isConflict
    }

    /// What to write to give the lease away; `nil` when this candidate does not hold it.
    package func release(time: String) -> Step? {
        guard renewedAt != nil, let observed, holder == identity else { return nil }
        var spec = observed.spec
        spec.holderIdentity = ""
        spec.leaseDurationSeconds = 1
        spec.renewTime = time
        return .write(spec, resourceVersion: observed.resourceVersion)
    }

    /// Leads no more.
    package mutating func resign() {
        renewedAt = nil
        needsRead = true
        waitsFirst = true
    }

    private mutating func observe(_ lease: Lease?, now: Duration) {
        guard let lease else {
            observed = nil
            return
        }
        let version = lease.metadata.resourceVersion ?? ""
        if let observed, observed.resourceVersion == version, observed.spec == lease.spec { return }
        // A new version with the old content (somebody set a label) is no renewal.
        let since = observed.flatMap { $0.spec == lease.spec ? $0.since : nil } ?? now
        observed = Observation(spec: lease.spec, resourceVersion: version, since: since)
    }

    private func record(_ time: String, taking old: Lease.Spec?) -> Lease.Spec {
        Lease.Spec(
            holderIdentity: identity, leaseDurationSeconds: Int(timing.leaseDuration.components.seconds),
            acquireTime: time, renewTime: time, leaseTransitions: old.map { ($0.leaseTransitions ?? 0) + 1 } ?? 0)
    }
}
