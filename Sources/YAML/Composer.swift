import JSON

/// Makes values of the parser's events: anchors, merge keys, tags, limits.
struct Composer {
    /// The deepest nesting that is taken.
    static let deepest = 200
    /// The most values that aliases may stand for in one text: a short text can be made to expand to gigabytes.
    static let mostAliased = 100_000

    private struct Node {
        var value: JSONValue
        /// How many values it consists of, itself included.
        var size: Int
    }

    private let reader: EventReader
    private var anchors: [String: Node] = [:]
    private var aliased = 0
    private var depth = 0
    private let isLocating: Bool
    private var path = ""
    /// Line by path: "users[0].user.token"; filled when locating.
    private(set) var lines: [String: Int] = [:]

    init(_ text: String, locating: Bool = false) throws(YAMLError) {
        reader = try EventReader(text)
        isLocating = locating
    }

    /// The next document; `nil` when there is none.
    mutating func nextDocument() throws(YAMLError) -> JSONValue? {
        guard case .documentStart = try reader.next().kind else { return nil }
        anchors = [:]
        let node = try compose(try reader.next())
        // The end of the document.
        _ = try reader.next()
        return node.value
    }

    private mutating func compose(_ event: YAMLEvent) throws(YAMLError) -> Node {
        if isLocating { lines[path] = event.line }
        switch event.kind {
        case .scalar(let text, let isPlain, let tag, let anchor):
            let node = Node(value: try Self.scalar(text, isPlain: isPlain, tag: tag, at: event), size: 1)
            if let anchor { anchors[anchor] = node }
            return node
        case .sequenceStart(let anchor):
            let node = try nested(event) { composer throws(YAMLError) in try composer.sequence() }
            if let anchor { anchors[anchor] = node }
            return node
        case .mappingStart(let anchor):
            let node = try nested(event) { composer throws(YAMLError) in try composer.mapping() }
            if let anchor { anchors[anchor] = node }
            return node
        case .alias(let name):
            guard let node = anchors[name] else {
                throw Self.error(.syntax, "the alias *\(name)* has no anchor before it", event)
            }
            aliased += node.size
            guard aliased <= Self.mostAliased else {
                throw Self.error(.tooLarge, "aliases stand for more than \(Self.mostAliased) values", event)
            }
            return node
        case .documentStart, .documentEnd, .streamEnd, .sequenceEnd, .mappingEnd:
            throw Self.error(.syntax, "a value is missing", event)
        }
    }

    private mutating func nested(
        _ event: YAMLEvent, _ body: (inout Composer) throws(YAMLError) -> Node
    ) throws(YAMLError) -> Node {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.deepest else {
            throw Self.error(.tooLarge, "values are nested deeper than \(Self.deepest)", event)
        }
        return try body(&self)
    }

    private mutating func sequence() throws(YAMLError) -> Node {
        var elements: [JSONValue] = []
        var size = 1
        let outer = path
        defer { path = outer }
        while true {
            let event = try reader.next()
            if case .sequenceEnd = event.kind { return Node(value: .array(elements), size: size) }
            if isLocating { path = "\(outer)[\(elements.count)]" }
            let node = try compose(event)
            elements.append(node.value)
            size += node.size
        }
    }

    private mutating func mapping() throws(YAMLError) -> Node {
        var members: [String: JSONValue] = [:]
        var merged: [String: JSONValue] = [:]
        var size = 1
        let outer = path
        defer { path = outer }
        while true {
            let event = try reader.next()
            if case .mappingEnd = event.kind {
                return Node(value: .object(members.merging(merged) { own, _ in own }), size: size)
            }
            let isMerge = Self.isMergeKey(event)
            let key = isMerge ? "<<" : try Self.key(try compose(event).value, event)
            if isLocating { path = outer.isEmpty ? key : "\(outer).\(key)" }
            let valueEvent = try reader.next()
            let node = try compose(valueEvent)
            size += node.size
            if isMerge {
                for (name, value) in try Self.merges(node.value, valueEvent) where merged[name] == nil {
                    merged[name] = value
                }
            } else if members.updateValue(node.value, forKey: key) != nil {
                throw Self.error(.duplicateKey, "the key \"\(key)\" stands twice", event)
            }
            path = outer
        }
    }

    private static func isMergeKey(_ event: YAMLEvent) -> Bool {
        if case .scalar("<<", isPlain: true, _, _) = event.kind { true } else { false }
    }

    /// The members that a merge key brings in; of several mappings the earlier wins.
    private static func merges(_ value: JSONValue, _ event: YAMLEvent) throws(YAMLError) -> [String: JSONValue] {
        var all: [String: JSONValue] = [:]
        for element in value.arrayValue ?? [value] {
            guard case .object(let members) = element else {
                throw error(.unsupported, "the merge key << wants a mapping or a list of mappings", event)
            }
            all.merge(members) { earlier, _ in earlier }
        }
        return all
    }

    private static func key(_ value: JSONValue, _ event: YAMLEvent) throws(YAMLError) -> String {
        switch value {
        case .string(let text): return text
        case .int(let number): return "\(number)"
        case .double(let number): return "\(number)"
        case .bool(let flag): return flag ? "true" : "false"
        case .null, .array, .object: throw error(.unsupported, "only text and numbers can be keys", event)
        }
    }

    private static func scalar(
        _ text: String, isPlain: Bool, tag: String?, at event: YAMLEvent
    ) throws(YAMLError) -> JSONValue {
        let resolved = ScalarResolver.resolve(text)
        switch tag {
        case nil:
            guard isPlain else { return .string(text) }
            guard let resolved else { throw error(.unsupported, "JSON has no number like \(text)", event) }
            return resolved
        case "!", "tag:yaml.org,2002:str", "tag:yaml.org,2002:timestamp", "tag:yaml.org,2002:binary":
            return .string(text)
        case "tag:yaml.org,2002:int":
            if case .int = resolved, let resolved { return resolved }
        case "tag:yaml.org,2002:float":
            if case .int(let number) = resolved { return .double(Double(number)) }
            if case .double = resolved, let resolved { return resolved }
        case "tag:yaml.org,2002:bool":
            if case .bool = resolved, let resolved { return resolved }
        case "tag:yaml.org,2002:null":
            if case .null = resolved { return .null }
        default: throw error(.unsupported, "the tag \(tag ?? "") is not known here", event)
        }
        throw error(.mismatch, "the value does not fit its tag \(tag ?? "")", event)
    }

    private static func error(_ code: YAMLError.Code, _ message: String, _ event: YAMLEvent) -> YAMLError {
        YAMLError(code, message, line: event.line, column: event.column)
    }
}
