/// Cuts the bytes of a watch into its lines, one event each.
struct WatchFraming {
    /// The longest line that is taken, bytes. etcd's limit for an object is 1.5 MB; as JSON it may be twice that.
    static let longestLine = 8 << 20

    private var partial: [UInt8] = []
    private let limit: Int

    init(limit: Int = WatchFraming.longestLine) { self.limit = limit }

    /// Whether bytes of an unfinished line are held: a stream that ends now was cut.
    var holdsPartialLine: Bool { !partial.isEmpty }

    /// The lines that these bytes complete, without line feeds; empty lines are left out.
    mutating func append(_ bytes: [UInt8]) throws(KubernetesError) -> [[UInt8]] {
        var lines: [[UInt8]] = []
        var rest = bytes[...]
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
            partial += rest[..<end]
            rest = rest[(end + 1)...]
            if !partial.isEmpty { lines.append(partial) }
            partial = []
        }
        partial += rest
        guard partial.count <= limit else {
            throw KubernetesError(.decoding, "The server sent a watch event of more than \(limit) bytes.")
        }
        return lines
    }
}
