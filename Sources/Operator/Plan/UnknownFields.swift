import JSON

/// Fields of a file that this version does not know: misspelled ones, mostly, which API servers drop without a word. Pure.
enum UnknownFields {
    /// - Parameters:
    ///   - written: as the file has it.
    ///   - understood: the same after it was read as a type and written again.
    /// - Returns: paths such as "spec.worker.imgae", in order.
    static func find(written: JSONValue, understood: JSONValue, path: String = "spec") -> [String] {
        switch (written, understood) {
        case (.object(let members), .object(let known)):
            return members.keys.sorted().flatMap { name -> [String] in
                guard let value = members[name], value != .null else { return [] }
                guard let other = known[name] else { return ["\(path).\(name)"] }
                return find(written: value, understood: other, path: "\(path).\(name)")
            }
        case (.array(let elements), .array(let known)) where elements.count == known.count:
            return zip(elements, known).enumerated().flatMap { index, pair in
                find(written: pair.0, understood: pair.1, path: "\(path)[\(index)]")
            }
        default: return []
        }
    }
}
