import FoundationEssentials
import JSON
import KubernetesTypes
import PlatformAPI
import YAML

/// The resources of some files, as they would be applied.
package struct PlanInput: Sendable {
    /// A resource of the platform as a file has it.
    struct Document: Sendable {
        let key: ObjectKey
        let labels: [String: String]
        let annotations: [String: String]
        let spec: JSONValue
        /// The file, for messages.
        let source: String
    }

    private(set) var bots: [Document] = []
    private(set) var gateways: [Document] = []
    private(set) var secrets: [Secret] = []
    /// "kind namespace/name" of what is not planned.
    private(set) var passedOver: [String] = []
    private var seen: Set<String> = []

    /// Nothing yet.
    package init() {}

    /// Adds the documents of a file.
    /// - Parameters:
    ///   - text: YAML or JSON, with one or several documents. Lists of kubectl are taken, too.
    ///   - source: the file's name, for messages.
    ///   - namespace: of documents that name none.
    /// - Throws: ``PlanError`` with the code `input`.
    package mutating func add(_ text: String, source: String, namespace: String) throws {
        let documents: [JSONValue]
        do {
            documents = try YAML.parseAll(text)
        } catch {
            throw PlanError(.input, "\(source) cannot be read: \(error)", cause: error)
        }
        guard !documents.isEmpty else { throw PlanError(.input, "\(source) has no resources: name another file") }
        for document in documents { try add(document, source, namespace) }
    }

    /// "kind namespace/name" of what is taken as applied.
    var taken: [String] {
        secrets.map { "Secret \($0.key)" } + gateways.map { "\(TelegramGateway.definition.kind) \($0.key)" }
    }

    private mutating func add(_ document: JSONValue, _ source: String, _ namespace: String) throws {
        guard let kind = document["kind"]?.stringValue, let version = document["apiVersion"]?.stringValue else {
            throw PlanError(.input, "\(source) has a document without apiVersion or kind: add them")
        }
        if kind.hasSuffix("List"), let items = document["items"]?.arrayValue {
            for item in items { try add(item, source, namespace) }
            return
        }
        guard let name = document["metadata"]?["name"]?.stringValue, !name.isEmpty else {
            throw PlanError(.input, "\(source) has a \(kind) without metadata.name: add it")
        }
        let key = ObjectKey(
            namespace: document["metadata"]?["namespace"]?.stringValue ?? namespace, name: name)
        let isKnown =
            version == TelegramBot.definition.apiVersion
            ? [TelegramBot.definition.kind, TelegramGateway.definition.kind].contains(kind)
            : version == Secret.definition.apiVersion && kind == Secret.definition.kind
        guard isKnown else {
            if version.hasPrefix(PlatformGroup.name + "/"), version != TelegramBot.definition.apiVersion {
                throw PlanError(
                    .input, "\(source): \(kind) \(key) is of \(version): write \(TelegramBot.definition.apiVersion)")
            }
            return passedOver.append("\(kind) \(key)")
        }
        guard seen.insert("\(kind) \(key)").inserted else {
            throw PlanError(.input, "\(source): \(kind) \(key) stands in the files twice: take one away")
        }
        guard kind != Secret.definition.kind else { return secrets.append(try Self.secret(document, key, source)) }
        let parsed = Document(
            key: key, labels: Self.texts(document["metadata"]?["labels"]),
            annotations: Self.texts(document["metadata"]?["annotations"]), spec: document["spec"] ?? [:],
            source: source)
        if kind == TelegramBot.definition.kind { bots.append(parsed) } else { gateways.append(parsed) }
    }

    private static func texts(_ value: JSONValue?) -> [String: String] {
        (value?.objectValue ?? [:]).compactMapValues(\.stringValue)
    }

    /// A Secret's `stringData` wins over its `data`, as in the API server.
    private static func secret(_ document: JSONValue, _ key: ObjectKey, _ source: String) throws -> Secret {
        var data: [String: Data] = [:]
        for (name, value) in texts(document["data"]) {
            guard let bytes = Data(base64Encoded: value.filter { !$0.isWhitespace }) else {
                throw PlanError(
                    .input, "\(source): data.\(name) of Secret \(key) is no base64: encode it, or use stringData")
            }
            data[name] = bytes
        }
        for (name, value) in texts(document["stringData"]) { data[name] = Data(value.utf8) }
        return Secret(metadata: ObjectMeta(name: key.name, namespace: key.namespace), data: data)
    }
}

extension PlanInput.Document {
    /// The spec as a type.
    /// - Throws: ``PlanError`` that names the field, never its value.
    func decoded<Spec: Decodable>(_ type: Spec.Type, _ spec: JSONValue, kind: String) throws -> Spec {
        do {
            return try JSONDecoder().decode(type, from: try JSONEncoder().encode(spec))
        } catch {
            throw PlanError(
                .invalidSpec, "\(source): \(kind) \(key): \(Self.describe(error)): correct it, see kubectl explain",
                cause: error)
        }
    }

    private static func describe(_ error: any Error) -> String {
        func path(_ context: DecodingError.Context) -> String {
            "spec" + context.codingPath.map { key in key.intValue.map { "[\($0)]" } ?? ".\(key.stringValue)" }.joined()
        }
        switch error as? DecodingError {
        case .keyNotFound(let key, let context): return "\(path(context)) has no \"\(key.stringValue)\""
        case .typeMismatch(let type, let context): return "\(path(context)) is not of type \(type)"
        case .valueNotFound(let type, let context): return "\(path(context)) is null instead of \(type)"
        case .dataCorrupted(let context): return "\(path(context)) has a value that is not possible there"
        default: return "the spec cannot be read"
        }
    }
}
