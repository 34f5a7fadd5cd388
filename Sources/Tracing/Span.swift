/// Something that was done, from its beginning to its end.
package struct Span: Sendable, Equatable {
    /// On which side of what it stands; the values are OTLP's.
    package enum Kind: Int, Sendable {
        case server = 2
        case client = 3
        case producer = 4
    }

    /// What is known of it.
    package enum Value: Sendable, Equatable, ExpressibleByStringLiteral, ExpressibleByStringInterpolation,
        ExpressibleByIntegerLiteral
    {
        case string(String)
        case int(Int64)

        package init(stringLiteral value: String) { self = .string(value) }
        package init(integerLiteral value: Int64) { self = .int(value) }
    }

    package let context: SpanContext
    /// The span that it is a part of; `nil`: it is the first of its trace.
    package let parentID: UInt64?
    /// Of few different ones: "webhook".
    package let name: String
    package let kind: Kind
    /// Nanoseconds since 1970.
    package let start: UInt64
    /// Nanoseconds since 1970.
    package var end: UInt64
    package var attributes: [(String, Value)] = []
    package var isError = false

    package static func == (a: Span, b: Span) -> Bool {
        a.context == b.context && a.parentID == b.parentID && a.name == b.name && a.kind == b.kind
            && a.start == b.start && a.end == b.end && a.isError == b.isError
            && a.attributes.elementsEqual(b.attributes) { $0 == $1 }
    }
}
