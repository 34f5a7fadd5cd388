import ControllerRuntime
import KubernetesTypes

/// The decisions of one replica about which shards it polls, without I/O.
///
/// Each replica that polls renews one Lease of its own, its *session*; a Lease for each shard says which session has it, and
/// is written only when that changes. A shard is free when its session is gone. A session that others have seen unchanged
/// for as long as it lasts is deleted by one of them, in the version that they saw: if its replica lives after all, it
/// finds it gone and is without shards. Times are of any one monotonic clock of this process.
struct ShardState: Sendable {
    /// What to do; the I/O tells how it ended.
    enum Step: Sendable, Equatable {
        /// Delete the session of a replica that is dead, if it still has this version.
        case bury(session: String, version: String)
        /// Write this replica's session into the shard's Lease, if it still has the version; `nil`: create it.
        /// `former`, if any, must be looked for and not be there.
        case claim(PollingShard, version: String?, former: String?)
        /// End polling it, then write that nobody has it.
        case giveAway(PollingShard, version: String)
    }

    private struct Session: Sendable {
        let name: String
        var version: String
        /// When the last successful write was begun.
        var renewedAt: Duration
    }

    private struct Seen: Sendable {
        var version: String
        var since: Duration
        var lasts: Duration
    }

    private struct Claim: Sendable {
        var holder: String?
        var version: String
    }

    private let names: PollingLeaseNames
    private let timing: LeaderElectionTiming
    private var session: Session?
    /// All sessions, and since when they have been as they are.
    private var seen: [String: Seen] = [:]
    private var claims: [PollingShard: Claim] = [:]
    /// Shards that are being given away.
    private var leaving: Set<PollingShard> = []

    init(names: PollingLeaseNames, timing: LeaderElectionTiming) {
        self.names = names
        self.timing = timing
    }

    /// The name of this replica's session and the version that a renewal replaces; `nil` before it has one.
    var renewal: (name: String, version: String)? { session.map { ($0.name, $0.version) } }

    /// The shards whose bots are this replica's to poll.
    var held: Set<PollingShard> {
        guard let session else { return [] }
        return Set(claims.filter { $0.value.holder == session.name }.keys).subtracting(leaving)
    }

    /// Whether no other can have taken the shards.
    func isSure(now: Duration) -> Bool {
        session.map { now < $0.renewedAt + timing.renewDeadline } ?? false
    }

    /// The session was made or renewed by a write begun at `begun`.
    mutating func renewed(_ name: String, version: String, begun: Duration) {
        session = Session(name: name, version: version, renewedAt: begun)
    }

    /// The session is gone: others have taken this replica for dead, or it has ended it.
    mutating func expelled() { session = nil }

    /// All Leases, as they were at one time.
    mutating func observe(_ leases: [Lease], now: Duration) {
        var seen: [String: Seen] = [:]
        claims = [:]
        for lease in leases {
            let (name, version) = (lease.metadata.name ?? "", lease.metadata.resourceVersion ?? "")
            if let shard = names.shard(name) {
                let holder = lease.spec.holderIdentity ?? ""
                claims[shard] = Claim(holder: holder.isEmpty ? nil : holder, version: version)
            } else if names.isSession(name) {
                let known = self.seen[name].flatMap { $0.version == version ? $0.since : nil }
                let lasts = lease.spec.leaseDurationSeconds.map { Duration.seconds($0) } ?? timing.leaseDuration
                seen[name] = Seen(version: version, since: known ?? now, lasts: lasts)
            }
        }
        self.seen = seen
        if let session, seen[session.name] == nil { expelled() }
    }

    /// What to do now.
    /// - Parameter used: shards that have bots.
    func steps(used: Set<PollingShard>, now: Duration) -> [Step] {
        guard let session else { return [] }
        let dead = seen.filter { $0.key != session.name && now >= $0.value.since + $0.value.lasts }
        let living = Set(seen.keys).subtracting(dead.keys).union([session.name])
        let wanted = PollingShard.shareOut(used, holders: claims.compactMapValues(\.holder), replicas: living)
        var steps = dead.sorted { $0.key < $1.key }.map { Step.bury(session: $0.key, version: $0.value.version) }
        for shard in used.sorted() where wanted[shard] == session.name && !leaving.contains(shard) {
            let claim = claims[shard]
            guard claim?.holder.map({ !living.contains($0) }) ?? true else { continue }
            steps.append(.claim(shard, version: claim?.version, former: claim?.holder))
        }
        for (shard, claim) in claims.sorted(by: { $0.key < $1.key })
        where claim.holder == session.name && wanted[shard] != session.name && !leaving.contains(shard) {
            steps.append(.giveAway(shard, version: claim.version))
        }
        return steps
    }

    /// A claim was written.
    mutating func claimed(_ shard: PollingShard, version: String) {
        claims[shard] = Claim(holder: session?.name, version: version)
    }

    /// The shard is being given away.
    mutating func leaves(_ shard: PollingShard) { leaving.insert(shard) }

    /// It was given away (`version`: its Lease's now), or could not be.
    mutating func left(_ shard: PollingShard, version: String?) {
        leaving.remove(shard)
        guard let version else { return }
        claims[shard] = Claim(holder: nil, version: version)
    }
}
