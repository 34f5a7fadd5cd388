/// Commands as Redis reads them: an array of strings with their lengths.
enum CommandEncoding {
    /// What would change or block the one connection that all callers share, or be answered other than once.
    private static let refused: Set<String> = [
        "AUTH", "BLMOVE", "BLMPOP", "BLPOP", "BRPOP", "BRPOPLPUSH", "BZMPOP", "BZPOPMAX", "BZPOPMIN", "CLIENT",
        "DISCARD", "EXEC", "HELLO", "MONITOR", "MULTI", "PSUBSCRIBE", "PSYNC", "PUNSUBSCRIBE", "QUIT", "RESET",
        "SELECT", "SSUBSCRIBE", "SUBSCRIBE", "SUNSUBSCRIBE", "SYNC", "UNSUBSCRIBE", "UNWATCH", "WAIT", "WAITAOF",
        "WATCH",
    ]

    /// Appends `command` to `bytes` unless it is empty or must not be sent.
    static func append(_ command: [RedisArgument], to bytes: inout [UInt8]) throws(RedisError) {
        guard let name = command.first else {
            throw RedisError(.invalidArgument, "a command of Redis needs a name")
        }
        let text = upperCased(name)
        guard !text.isEmpty else { throw RedisError(.invalidArgument, "a command of Redis needs a name") }
        guard !refused.contains(text) else {
            throw RedisError(
                .invalidArgument,
                "\(text) cannot be sent over a connection that others use too: use a script for several steps in one")
        }
        appendUnchecked(command, to: &bytes)
    }

    /// For the client's own greeting as well, which may log in.
    static func appendUnchecked(_ command: [RedisArgument], to bytes: inout [UInt8]) {
        append("*", command.count, to: &bytes)
        for argument in command {
            switch argument {
            case .bytes(let value): append(value, to: &bytes)
            case .string(let value): append(value.utf8, to: &bytes)
            case .int(let value): append(String(value).utf8, to: &bytes)
            }
        }
    }

    private static func append(_ value: some Collection<UInt8>, to bytes: inout [UInt8]) {
        append("$", value.count, to: &bytes)
        bytes.append(contentsOf: value)
        appendLineEnd(to: &bytes)
    }

    private static func append(_ mark: Unicode.Scalar, _ count: Int, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: mark))
        bytes.append(contentsOf: String(count).utf8)
        appendLineEnd(to: &bytes)
    }

    private static func appendLineEnd(to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\r"))
        bytes.append(UInt8(ascii: "\n"))
    }

    /// Empty when the name is no text, which no command's is.
    private static func upperCased(_ name: RedisArgument) -> String {
        switch name {
        case .string(let text): text.uppercased()
        case .bytes(let bytes): String(decoding: bytes, as: UTF8.self).uppercased()
        case .int: ""
        }
    }
}
