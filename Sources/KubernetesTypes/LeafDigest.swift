import CLeafDigest

/// What an object says, as hashes of its leaves (path and value), so that "is what I want already there?" can be
/// answered without keeping the object: 4 to 8 bytes a leaf.
///
/// - Objects in arrays count under their `name` when they have one, else under their index; so an element that somebody
///   adds to a list of named ones makes no difference, nor does the order of such a list.
/// - Quantities (`resources.limits`, `resources.requests`, `sizeLimit`) count by value: "1000m" is "1".
/// - Zero values (`false`, `0`, `""`) count as absent, since built-in types leave them out. `null` and empty containers
///   count not at all.
/// - `apiVersion`, `kind`, `status` and what the server alone writes in `metadata` are left out.
///
/// What was taken *out* of the wish since it was last applied is not noticed: put the wish's ``fingerprint`` into an
/// annotation of it.
package struct LeafDigest: Sendable, Hashable {
    /// Sorted, unique.
    private let present: [UInt32]
    /// Hashes that are not to be in `present` of an object with these zero values. Sorted, unique.
    private let zeros: [UInt32]

    /// - Parameter json: one object, as sent to or had from the API server.
    package init(json: [UInt8]) throws(LeafDigestError) {
        var result = unsafe json.withUnsafeBufferPointer { unsafe tgs_leaf_digest($0.baseAddress, $0.count) }
        defer { unsafe tgs_leaf_digest_free(&result) }
        guard unsafe result.error == 0 else {
            throw unsafe LeafDigestError(message: String(cString: tgs_leaf_digest_error_text(result.error)))
        }
        unsafe present = Array(UnsafeBufferPointer(start: result.present, count: result.present_count))
        unsafe zeros = Array(UnsafeBufferPointer(start: result.zeros, count: result.zeros_count))
    }

    /// Whether everything that `desired` says is so in this object.
    package func contains(_ desired: LeafDigest) -> Bool {
        var own = 0
        for wanted in desired.present {
            while own < present.count, present[own] < wanted { own += 1 }
            guard own < present.count, present[own] == wanted else { return false }
        }
        own = 0
        for unwanted in desired.zeros {
            while own < present.count, present[own] < unwanted { own += 1 }
            if own < present.count, present[own] == unwanted { return false }
        }
        return true
    }

    /// 16 hexadecimal digits that change when a leaf does; the same in every process and release.
    package var fingerprint: String {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for leaf in [UInt32(truncatingIfNeeded: present.count)] + present + zeros {
            hash = (hash ^ UInt64(leaf)) &* 0x100_0000_01b3
            hash ^= hash >> 29
        }
        let digits = String(hash, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    /// How many bytes the digest takes, for metrics and tests.
    package var byteCount: Int { (present.count + zeros.count) * MemoryLayout<UInt32>.size }
}

/// The text given to ``LeafDigest`` is no JSON object.
package struct LeafDigestError: Error, Sendable, Equatable, CustomStringConvertible {
    package let message: String
    package var description: String { "the object's JSON cannot be read: \(message)" }
    /// The same bytes give the same error.
    package var isRetriable: Bool { false }
}
