import FoundationEssentials
import JSON
import KubernetesTypes
import PlatformAPI

/// Which fields of an object would change, one by one. Agrees with ``KubernetesTypes/LeafDigest`` on what a difference is.
/// Pure.
struct ObjectDiff {
    /// In the order of their paths.
    private(set) var fields: [FieldChange] = []
    private let isSecret: (String) -> Bool

    /// - Parameters:
    ///   - wanted: all that is stated.
    ///   - live: the whole object as it is; `nil` when there is none.
    ///   - owned: what the one who states it had stated before (`fieldsV1` of `metadata.managedFields`): of that, what is no
    ///     longer stated goes.
    ///   - isSecret: whether the values under a path are not to be told.
    init(wanted: JSONValue, live: JSONValue?, owned: JSONValue? = nil, isSecret: @escaping (String) -> Bool) {
        self.isSecret = isSecret
        walk(wanted, live, owned, path: "", inQuantities: false)
    }

    /// What a field manager has stated of an object by server-side apply; `nil` when it has stated nothing.
    static func owned(by manager: String, of live: JSONValue) -> JSONValue? {
        live["metadata"]?["managedFields"]?.arrayValue?.first {
            $0["manager"]?.stringValue == manager && $0["operation"]?.stringValue == "Apply"
                && $0["subresource"] == nil
        }?["fieldsV1"]
    }

    /// What `owned` is for one who has stated all that is in a value.
    static func everything(in value: JSONValue) -> JSONValue {
        switch value {
        case .object(let members):
            return .object(
                Dictionary(members.map { ("f:\($0.key)", everything(in: $0.value)) }) { $1 })
        case .array(let elements):
            let named = elements.compactMap { element in element["name"]?.stringValue.map { ($0, element) } }
            return .object(
                Dictionary(named.map { ("k:{\"name\":\"\($0.0)\"}", everything(in: $0.1)) }) { $1 })
        default: return [:]
        }
    }

    private static let skipped: Set<String> = [
        "apiVersion", "kind", "status", "metadata.name", "metadata.namespace", "metadata.managedFields",
        "metadata.resourceVersion", "metadata.uid", "metadata.generation", "metadata.creationTimestamp",
        "metadata.annotations[\(Annotations.appliedHash)]",
    ]

    private mutating func walk(
        _ wanted: JSONValue, _ live: JSONValue?, _ owned: JSONValue?, path: String, inQuantities: Bool
    ) {
        switch wanted {
        case .object(let members): walk(members, live, owned, path, inQuantities)
        case .array(let elements): walk(elements, live, owned, path)
        case .null: break
        case .bool, .int, .double, .string:
            guard !Self.isSame(wanted, live, inQuantities) else { return }
            note(path, live, wanted)
        }
    }

    private mutating func walk(
        _ members: [String: JSONValue], _ live: JSONValue?, _ owned: JSONValue?, _ path: String, _ inQuantities: Bool
    ) {
        let gone = (owned?.objectValue ?? [:]).keys.compactMap { $0.hasPrefix("f:") ? String($0.dropFirst(2)) : nil }
            .filter { members[$0] == nil }
        for name in Set(members.keys).union(gone).sorted() {
            let inner = Self.path(path, name)
            guard !Self.skipped.contains(inner) else { continue }
            let before = owned?["f:\(name)"]
            if let wanted = members[name] {
                let isQuantity =
                    inQuantities || name == "sizeLimit" || path.hasSuffix("resources.limits")
                    || path.hasSuffix("resources.requests")
                walk(wanted, live?[name], before, path: inner, inQuantities: isQuantity)
            } else if let present = live?[name] {
                remove(present, before, inner)
            }
        }
    }

    private mutating func walk(_ elements: [JSONValue], _ live: JSONValue?, _ owned: JSONValue?, _ path: String) {
        let present = live?.arrayValue ?? []
        let names = elements.map { $0["name"]?.stringValue }
        let keys = (owned?.objectValue ?? [:]).keys.filter { $0.hasPrefix("k:") }
        if names.contains(where: { $0 != nil }) {
            for (element, name) in zip(elements, names) {
                guard let name else { continue }
                walk(
                    element, present.first { $0["name"]?.stringValue == name }, owned?["k:{\"name\":\"\(name)\"}"],
                    path: "\(path)[\(name)]", inQuantities: false)
            }
            for key in keys.sorted() {
                guard let name = Self.name(inKey: key), !names.contains(name),
                    let element = present.first(where: { $0["name"]?.stringValue == name })
                else { continue }
                note("\(path)[\(name)]", element, nil)
            }
            return
        }
        for (index, element) in elements.enumerated() {
            walk(
                element, index < present.count ? present[index] : Optional.none, nil, path: "\(path)[\(index)]",
                inQuantities: false)
        }
        // A list that is owned as a whole, or more of its elements than are wanted now.
        let before = owned == nil ? 0 : keys.isEmpty ? present.count : keys.count
        for index in elements.count..<max(elements.count, min(before, present.count)) {
            note("\(path)[\(index)]", present[index], nil)
        }
    }

    /// What was stated below a path and is no longer.
    private mutating func remove(_ present: JSONValue, _ owned: JSONValue?, _ path: String) {
        let inner = (owned?.objectValue ?? [:]).filter { $0.key.hasPrefix("f:") }
        guard case .object = present, !inner.isEmpty else {
            switch present {
            case .null, .array([]), .object([:]): return
            default: return note(path, present, nil)
            }
        }
        for name in inner.keys.sorted() {
            let name = String(name.dropFirst(2))
            let path = Self.path(path, name)
            guard let value = present[name], !Self.skipped.contains(path) else { continue }
            remove(value, owned?["f:\(name)"], path)
        }
    }

    private mutating func note(_ path: String, _ old: JSONValue?, _ new: JSONValue?) {
        fields.append(FieldChange(path, old: old, new: new, isSecret: isSecret(path)))
    }

    /// Names with dots and slashes, of labels and files, stand in brackets.
    private static func path(_ path: String, _ name: String) -> String {
        let isPlain = name.utf8.allSatisfy { $0 != UInt8(ascii: ".") && $0 != UInt8(ascii: "/") }
        return isPlain ? (path.isEmpty ? name : "\(path).\(name)") : "\(path)[\(name)]"
    }

    /// `k:{"name":"bot"}` is "bot".
    private static func name(inKey key: String) -> String? {
        let text = Data(key.dropFirst(2).utf8)
        guard case .success(let value) = Result(catching: { try JSONDecoder().decode(JSONValue.self, from: text) })
        else { return nil }
        return value["name"]?.stringValue
    }

    /// Zero values are as good as absent ones, and quantities count by their value.
    private static func isSame(_ wanted: JSONValue, _ live: JSONValue?, _ isQuantity: Bool) -> Bool {
        guard let live else { return [.bool(false), .int(0), .double(0), .string("")].contains(wanted) }
        if wanted == live { return true }
        switch (wanted, live) {
        case (.int(let a), .double(let b)), (.double(let b), .int(let a)): return Double(a) == b
        default: break
        }
        guard isQuantity, let a = quantity(wanted), let b = quantity(live) else { return false }
        return a == b
    }

    private static func quantity(_ value: JSONValue) -> LeafDigest? {
        let holder: JSONValue = ["resources": ["limits": ["q": value]]]
        let digest = Result { try LeafDigest(json: Array(try JSONEncoder().encode(holder))) }
        if case .success(let digest) = digest { return digest }
        return nil
    }
}
