/// The calls that make the profile at Telegram what is wished, and no others. Pure.
struct ProfilePlan: Sendable, Equatable {
    /// One part to be given to Telegram.
    struct Call: Sendable, Equatable {
        let key: ProfileKey
        let value: ProfileValue
        /// It was set once and is no longer in the spec: it is cleared, and then forgotten.
        var isRelease = false
    }

    /// In the order in which they are to be made.
    private(set) var calls: [Call] = []
    /// Wished parts that Telegram has already.
    private(set) var settled: Set<ProfileKey> = []

    /// What must be asked before a plan can be made. The texts that languages fall back on are among it: without them a
    /// text that a language has of its own cannot be told from the default one.
    static func reads(_ wish: ProfileWish) -> [ProfileKey] {
        Set(wish.values.keys).union(wish.values.keys.compactMap(\.fallback)).sorted()
    }

    /// - Parameters:
    ///   - managed: what was set by the operator before.
    ///   - observed: what Telegram gave for ``reads(_:)``. A part that is missing could not be read and is left alone.
    init(wish: ProfileWish, managed: Set<ProfileKey>, observed: [ProfileKey: ProfileValue]) {
        for key in managed where wish.values[key] == nil && key != .defaultName {
            calls.append(Call(key: key, value: .cleared(key), isRelease: true))
        }
        for (key, value) in wish.values {
            guard let present = observed[key] else { continue }
            if Self.isMet(value, present, fallback: key.fallback.flatMap { observed[$0] }) {
                settled.insert(key)
            } else {
                calls.append(Call(key: key, value: value))
            }
        }
        // A language that shows the default text may have none of its own, or one that happens to be the same. When the
        // default changes this makes a difference.
        let changing = Set(calls.map(\.key))
        for key in settled {
            guard let fallback = key.fallback, changing.contains(fallback), observed[key] == observed[fallback],
                let value = wish.values[key]
            else { continue }
            settled.remove(key)
            calls.append(Call(key: key, value: value))
        }
        calls.sort { $0.key < $1.key }
    }

    /// Whether a part is as wished. One that a language is not to have of its own shows the default.
    private static func isMet(_ wished: ProfileValue, _ present: ProfileValue, fallback: ProfileValue?) -> Bool {
        wished.isSame(as: present) || (wished.isCleared && fallback != nil && present == fallback)
    }
}
