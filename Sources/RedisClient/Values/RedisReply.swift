/// What Redis answered to one command (its protocol's second version, RESP2).
package enum RedisReply: Sendable, Equatable {
    /// Nothing there: the key is absent, or `SET … NX` found one.
    case null
    case integer(Int)
    /// A value, byte for byte.
    case string([UInt8])
    /// A short answer such as `OK`.
    case status(String)
    case array([RedisReply])
    /// The server's refusal, in an array only: alone it is thrown as a ``RedisError`` of the code `refused`.
    case error(String)

    /// The bytes of a string; `nil` for everything else.
    package var bytes: [UInt8]? {
        if case .string(let bytes) = self { bytes } else { nil }
    }

    /// A string or a status as text, with what is no UTF-8 replaced; `nil` for everything else.
    package var text: String? {
        switch self {
        case .string(let bytes): String(decoding: bytes, as: UTF8.self)
        case .status(let text): text
        case .null, .integer, .array, .error: nil
        }
    }

    /// The number of an integer; `nil` for everything else.
    package var integer: Int? {
        if case .integer(let number) = self { number } else { nil }
    }

    /// The elements of an array; `nil` for everything else.
    package var array: [RedisReply]? {
        if case .array(let elements) = self { elements } else { nil }
    }

    package var isNull: Bool { self == .null }

    /// Whether it is the status `OK`.
    package var isOK: Bool { self == .status("OK") }
}
