/// The form of a value, as far as a CRD's schema and a Swift type can both say it.
indirect enum Shape: Equatable {
    case string
    case boolean
    case integer
    case number
    /// `x-kubernetes-int-or-string`; in Swift `IntOrString`.
    case intOrString
    /// `x-kubernetes-preserve-unknown-fields`; in Swift `JSONValue`.
    case anything
    /// One of these words.
    case choice(Set<String>)
    case list(Shape)
    /// Members with names of the user's choice.
    case map(Shape)
    case object([String: Member])

    /// A member of an object.
    struct Member: Equatable {
        var shape: Shape
        /// Whether it must be there.
        var isRequired: Bool
    }

    /// What somebody wrote that this cannot compare.
    struct Unknown: Error, CustomStringConvertible {
        let description: String
    }

    /// A word for messages.
    var name: String {
        switch self {
        case .string: "string"
        case .boolean: "boolean"
        case .integer: "integer"
        case .number: "number"
        case .intOrString: "int-or-string"
        case .anything: "anything"
        case .choice(let words): "one of \(words.sorted().joined(separator: ", "))"
        case .list: "array"
        case .map: "map"
        case .object: "object"
        }
    }

    /// These members of an object alone.
    func only(_ names: Set<String>) -> Shape {
        guard case .object(let members) = self else { return self }
        return .object(members.filter { names.contains($0.key) })
    }

    /// The paths of all fields, as docs/reference has them: "worker.env[].name", and "labels.*.name" in maps.
    func fields(below path: String = "") -> [String] {
        switch self {
        case .object(let members):
            members.sorted { $0.key < $1.key }.flatMap { name, member in
                let path = path.isEmpty ? name : "\(path).\(name)"
                return [path] + member.shape.fields(below: path)
            }
        case .list(let element): element.fields(below: "\(path)[]")
        case .map(let element): element.fields(below: "\(path).*")
        default: []
        }
    }
}
