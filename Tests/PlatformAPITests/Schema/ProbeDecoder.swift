/// Answers every request with a small value, and writes it down.
struct ProbeDecoder: Decoder {
    let record: ProbeRecord
    var codingPath: [any CodingKey] { [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        KeyedDecodingContainer(ProbeMembers(record: record))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer { ProbeElements(record: record) }

    func singleValueContainer() throws -> any SingleValueDecodingContainer {
        throw record.unknown("decodes itself from a single value")
    }
}

/// `contains` and `decodeNil` are what `decodeIfPresent` of the standard library asks first, for every type.
struct ProbeMembers<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let record: ProbeRecord
    var codingPath: [any CodingKey] { [] }

    var allKeys: [Key] {
        record.isMap = true
        return [Key(stringValue: "any")].compactMap(\.self)
    }

    func contains(_ key: Key) -> Bool {
        record.doubt(key.stringValue)
        return true
    }

    func decodeNil(forKey key: Key) throws -> Bool {
        record.doubt(key.stringValue)
        return false
    }

    func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
        let (value, shape) = try SchemaProbe.probe(type)
        record.add(shape, under: key.stringValue)
        return value
    }

    func nestedContainer<NestedKey: CodingKey>(
        keyedBy type: NestedKey.Type, forKey key: Key
    ) throws -> KeyedDecodingContainer<NestedKey> {
        throw record.unknown("decodes \(key.stringValue) by hand")
    }

    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
        throw record.unknown("decodes \(key.stringValue) by hand")
    }

    func superDecoder() throws -> any Decoder { throw record.unknown("inherits") }
    func superDecoder(forKey key: Key) throws -> any Decoder { throw record.unknown("inherits") }
}

/// A list of one element.
struct ProbeElements: UnkeyedDecodingContainer {
    let record: ProbeRecord
    var codingPath: [any CodingKey] { [] }
    var count: Int? { 1 }
    var isAtEnd: Bool { currentIndex > 0 }
    private(set) var currentIndex = 0

    init(record: ProbeRecord) { self.record = record }

    mutating func decodeNil() throws -> Bool { false }

    mutating func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        let (value, shape) = try SchemaProbe.probe(type)
        record.add(element: shape)
        currentIndex += 1
        return value
    }

    mutating func nestedContainer<NestedKey: CodingKey>(
        keyedBy type: NestedKey.Type
    ) throws -> KeyedDecodingContainer<NestedKey> {
        throw record.unknown("decodes its elements by hand")
    }

    mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
        throw record.unknown("decodes its elements by hand")
    }

    mutating func superDecoder() throws -> any Decoder { throw record.unknown("inherits") }
}
