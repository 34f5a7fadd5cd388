/// A word of a command: the command's name, a key, a value. Bytes as they are; nothing is escaped.
package enum RedisArgument: Sendable, Equatable, ExpressibleByStringLiteral, ExpressibleByStringInterpolation,
    ExpressibleByIntegerLiteral
{
    case bytes([UInt8])
    case string(String)
    /// Sent in decimals.
    case int(Int)

    package init(stringLiteral value: String) { self = .string(value) }
    package init(integerLiteral value: Int) { self = .int(value) }
}
