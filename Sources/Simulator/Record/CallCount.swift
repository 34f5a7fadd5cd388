/// How often a bot called a method.
package struct CallCount: Codable, Sendable, Equatable {
    struct Key: Hashable, Sendable {
        let bot: Int64
        let method: String
    }

    package let bot: Int64
    package let method: String
    package private(set) var succeeded = 0
    package private(set) var failed = 0

    init(_ key: Key) {
        bot = key.bot
        method = key.method
    }

    mutating func add(ok: Bool) {
        if ok { succeeded += 1 } else { failed += 1 }
    }
}
