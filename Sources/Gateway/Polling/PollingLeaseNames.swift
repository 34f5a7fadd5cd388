import KubernetesTypes
import PlatformAPI

/// How the Leases of a gateway's polling are called and found.
struct PollingLeaseNames: Sendable {
    let gateway: ObjectKey

    /// On every Lease.
    var labels: [String: String] {
        [
            Labels.managedBy: Labels.managedByValue, Labels.component: Labels.pollingComponent,
            Labels.gateway: gateway.name,
        ]
    }

    /// What lists them.
    var selector: String { labels.map { "\($0)=\($1)" }.sorted().joined(separator: ",") }

    /// The Lease of a shard.
    func name(_ shard: PollingShard) -> String { "\(gateway.name)-polling-shard-\(shard.number)" }

    /// A new session's name, unlike any other's.
    /// - Parameter replica: the pod's name.
    func session(of replica: String) -> String {
        let host = replica.lowercased().utf8.map { byte -> Character in
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                ? Character(UnicodeScalar(byte)) : "-"
        }
        return "\(sessionPrefix)\(String(host.prefix(80)))-\(String(UInt64.random(in: 0 ... .max), radix: 36))"
    }

    /// The shard that a Lease is of.
    func shard(_ name: String) -> PollingShard? {
        let prefix = "\(gateway.name)-polling-shard-"
        guard name.hasPrefix(prefix), let number = Int(name.dropFirst(prefix.count)),
            (0..<PollingShard.count).contains(number)
        else { return nil }
        return PollingShard(number: number)
    }

    /// Whether a Lease is a replica's session.
    func isSession(_ name: String) -> Bool { name.hasPrefix(sessionPrefix) }

    private var sessionPrefix: String { "\(gateway.name)-polling-replica-" }
}
