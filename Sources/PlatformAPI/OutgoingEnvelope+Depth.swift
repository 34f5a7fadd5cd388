extension OutgoingEnvelope {
    /// The deepest nesting of objects and arrays that is taken in a record. The Bot API's own parameters need some ten
    /// levels; decoding ``JSONValue`` takes time that grows faster than the depth, a second for 500 levels.
    package static let deepest = 64

    /// Whether a record nests no deeper than ``deepest``. Looks at brackets outside of strings alone: what is no JSON may
    /// pass, and is refused when it is decoded.
    package static func isShallow(_ record: [UInt8]) -> Bool {
        var depth = 0
        var isString = false
        var isEscaped = false
        for byte in record {
            if isEscaped {
                isEscaped = false
            } else if isString {
                if byte == UInt8(ascii: "\\") { isEscaped = true }
                if byte == UInt8(ascii: "\"") { isString = false }
            } else if byte == UInt8(ascii: "\"") {
                isString = true
            } else if byte == UInt8(ascii: "[") || byte == UInt8(ascii: "{") {
                depth += 1
                if depth > deepest { return false }
            } else if byte == UInt8(ascii: "]") || byte == UInt8(ascii: "}") {
                depth -= 1
            }
        }
        return true
    }
}
