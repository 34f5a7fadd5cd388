import Foundation
import JSON
import KubernetesTypes
import Testing
import YAML

@testable import PlatformAPI

/// The CRDs and the Swift types say the same: each field of one is a field of the other.
@Suite struct SchemaTests {
    @Test func telegramBotHasTheFieldsOfItsSchema() throws {
        let schema = try schema("telegrambots")
        let paths = Paths(of: try json(Samples.bot))
        let roots: Set = ["spec", "status"]
        #expect(paths.leaves(below: roots).symmetricDifference(Paths(schema: schema).leaves(below: roots)) == [])
    }

    @Test func telegramGatewayHasTheFieldsOfItsSchema() throws {
        let schema = try schema("telegramgateways")
        let paths = Paths(of: try json(Samples.gateway))
        #expect(paths.leaves(below: ["spec"]).symmetricDifference(Paths(schema: schema).leaves(below: ["spec"])) == [])
    }

    @Test func whatTheSchemaLetsThroughDecodes() throws {
        for (name, decode) in [
            ("telegrambots", { data in _ = try JSONDecoder().decode(TelegramBot.self, from: data) }),
            ("telegramgateways", { data in _ = try JSONDecoder().decode(TelegramGateway.self, from: data) }),
        ] as [(String, (Data) throws -> Void)] {
            let spec = try #require(try schema(name)["properties"]?["spec"])
            for isFull in [true, false] {
                let object: JSONValue = [
                    "metadata": ["name": "x"], "spec": SampleMaker.sample(spec, isFull: isFull),
                ]
                let data = try JSONEncoder().encode(object)
                #expect(throws: Never.self, "\(object)") { try decode(data) }
            }
        }
    }

    @Test func defaultsOfTheSchemaAreThoseOfTheTypes() throws {
        let properties = try #require(try schema("telegrambots")["properties"]?["spec"]?["properties"])
        func byDefault(_ path: String...) -> JSONValue? {
            var value: JSONValue? = properties
            for (index, name) in path.enumerated() {
                if index > 0 { value = value?["properties"] }
                value = value?[name]
            }
            return value?["default"]
        }
        let spec = TelegramBotSpec(tokenSecretRef: .init(name: "t"))
        #expect(byDefault("tokenSecretRef", "key") == .string(spec.tokenKey))
        #expect(byDefault("updates", "maxConnections") == .int(Int64(spec.maxConnections)))
        #expect(byDefault("scaling", "minReplicas") == .int(Int64(spec.minReplicas)))
        #expect(byDefault("scaling", "maxReplicas") == .int(Int64(spec.maxReplicas)))
        #expect(byDefault("scaling", "lagThreshold") == .int(Int64(spec.lagThreshold)))
        #expect(byDefault("scaling", "activationLagThreshold") == .int(Int64(spec.activationLagThreshold)))
        #expect(byDefault("scaling", "pollingInterval") == .string(spec.pollingInterval))
        #expect(byDefault("scaling", "cooldownPeriod") == .string(spec.cooldownPeriod))
        #expect(byDefault("deletionPolicy") == .string(spec.effectiveDeletionPolicy.rawValue))
        let policies = properties["deletionPolicy"]?["enum"]?.arrayValue?.compactMap(\.stringValue)
        #expect(policies == TelegramBotSpec.DeletionPolicy.allCases.map(\.rawValue))
        let gateway = try #require(try schema("telegramgateways")["properties"]?["spec"]?["properties"])
        #expect(
            gateway["telegram"]?["properties"]?["apiBaseURL"]?["default"]
                == .string(TelegramGatewaySpec.officialAPIBaseURL))
        let kafka = try #require(gateway["kafka"]?["properties"])
        let tls = try #require(kafka["tls"]?["properties"])
        let plain = TelegramGatewaySpec.Kafka.TLS(caSecretRef: .init(name: "ca"))
        #expect(
            tls["caSecretRef"]?["properties"]?["key"]?["default"] == .string(plain.caSecretRef?.effectiveKey ?? ""))
        #expect(tls["insecureSkipHostnameVerification"]?["default"] == .bool(!plain.verifiesHostname))
        let sasl = try #require(kafka["sasl"]?["properties"])
        let credentials = TelegramGatewaySpec.Kafka.Credentials(name: "s")
        let reference = sasl["credentialsSecretRef"]?["properties"]
        #expect(reference?["usernameKey"]?["default"] == .string(credentials.effectiveUsernameKey))
        #expect(reference?["passwordKey"]?["default"] == .string(credentials.effectivePasswordKey))
        #expect(
            sasl["mechanism"]?["enum"]?.arrayValue?.compactMap(\.stringValue)
                == TelegramGatewaySpec.Kafka.Mechanism.allCases.map(\.rawValue))
    }

    @Test(arguments: ["telegrambots", "telegramgateways"])
    func everyFieldIsDescribed(name: String) throws {
        let schema = Paths(schema: try schema(name))
        #expect(schema.undescribed.filter { !["apiVersion", "kind", "metadata"].contains($0) } == [])
    }

    @Test func namesAndVersionsAgree() throws {
        for (name, definition) in [
            ("telegrambots", TelegramBot.definition), ("telegramgateways", TelegramGateway.definition),
        ] {
            let crd = try crd(name)
            #expect(crd["spec"]?["group"] == .string(definition.group))
            #expect(crd["spec"]?["names"]?["kind"] == .string(definition.kind))
            #expect(crd["spec"]?["names"]?["plural"] == .string(definition.plural))
            #expect(crd["spec"]?["versions"]?.arrayValue?.first?["name"] == .string(definition.version))
            #expect(crd["metadata"]?["name"] == .string("\(definition.plural).\(definition.group)"))
        }
    }

    // MARK: Reading

    private func crd(_ name: String) throws -> JSONValue {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let file = root.appending(path: "crds/\(name).yaml")
        return try YAML.parse(String(contentsOf: file, encoding: .utf8))
    }

    private func schema(_ name: String) throws -> JSONValue {
        let version = try #require(try crd(name)["spec"]?["versions"]?.arrayValue?.first)
        return try #require(version["schema"]?["openAPIV3Schema"])
    }

    private func json(_ value: some Encodable) throws -> JSONValue {
        try JSONDecoder().decode(JSONValue.self, from: JSONEncoder().encode(value))
    }
}

/// The paths of an object's leaves: "spec.worker.env[].name". Members of maps with free names count as "*".
struct Paths {
    private(set) var leaves: Set<String> = []
    private(set) var undescribed: [String] = []

    /// Fields whose members have names of the user's choice.
    private static let maps: Set<String> = ["config", "requests", "limits"]

    init(of value: JSONValue) { add(value, at: []) }

    init(schema: JSONValue) { add(schema: schema, at: []) }

    /// The leaves beneath these members of the outermost object.
    func leaves(below roots: Set<String>) -> Set<String> {
        leaves.filter { path in roots.contains { path.hasPrefix($0 + ".") } }
    }

    private mutating func add(_ value: JSONValue, at path: [String]) {
        switch value {
        case .object(let members):
            let isMap = path.last.map { Self.maps.contains($0) } ?? false
            for (name, member) in members { add(member, at: path + [isMap ? "*" : name]) }
        case .array(let elements):
            for element in elements { add(element, at: path.dropLast() + ["\(path.last ?? "")[]"]) }
        default: leaves.insert(path.joined(separator: "."))
        }
    }

    private mutating func add(schema: JSONValue, at path: [String]) {
        if schema["description"] == nil, path.last?.hasSuffix("[]") == false, path.last != "*" {
            undescribed.append(path.joined(separator: "."))
        }
        if let properties = schema["properties"]?.objectValue {
            for (name, property) in properties { add(schema: property, at: path + [name]) }
        } else if let items = schema["items"] {
            add(schema: items, at: path.dropLast() + ["\(path.last ?? "")[]"])
        } else if let values = schema["additionalProperties"] {
            add(schema: values, at: path + ["*"])
        } else {
            leaves.insert(path.joined(separator: "."))
        }
    }
}

/// Objects made from a schema.
enum SampleMaker {
    /// - Parameter isFull: with all fields, or only with those that are required.
    static func sample(_ schema: JSONValue, isFull: Bool) -> JSONValue {
        if let value = schema["enum"]?.arrayValue?.first { return value }
        if schema["x-kubernetes-int-or-string"] == true { return isFull ? "100m" : 1 }
        switch schema["type"]?.stringValue {
        case "string": return "x"
        case "boolean": return true
        case "integer": return schema["minimum"] ?? 1
        case "array": return [sample(schema["items"] ?? .null, isFull: isFull)]
        default:
            if let values = schema["additionalProperties"] { return ["any": sample(values, isFull: isFull)] }
            let required = Set((schema["required"]?.arrayValue ?? []).compactMap(\.stringValue))
            let properties = (schema["properties"]?.objectValue ?? [:]).filter { isFull || required.contains($0.key) }
            return .object(properties.mapValues { sample($0, isFull: isFull) })
        }
    }
}

/// Values with every field set.
enum Samples {
    static var bot: TelegramBot {
        var status = TelegramBotStatus()
        status.botID = "bot_42"
        status.username = "echo_bot"
        status.observedGeneration = 1
        status.webhook = TelegramBotStatus.Webhook(url: "https://x", apiBaseURL: "https://api", appliedHash: "h")
        status.webhook?.pendingUpdates = 1
        status.webhook?.lastError = "e"
        status.profile = TelegramBotStatus.Profile(
            appliedHash: "h", managed: ["name"], retryAt: "2024-01-01T00:00:00Z")
        status.replicas = TelegramBotStatus.Replicas(current: 1, ready: 1, min: 0, max: 10)
        status.kafka = TelegramBotStatus.Kafka(incomingTopic: "in", outgoingTopic: "out", bootstrapServers: "k:9092")
        status.conditions = [
            Condition(
                type: "Ready", status: .true, reason: "Ready", message: "m", observedGeneration: 1,
                lastTransitionTime: "2024-01-01T00:00:00Z")
        ]
        let variable = EnvVar(
            name: "N", value: "v",
            valueFrom: EnvVarSource(
                secretKeyRef: KeySelector(name: "n", key: "k", optional: true),
                configMapKeyRef: KeySelector(name: "n", key: "k", optional: true),
                fieldRef: FieldSelector(fieldPath: "metadata.name")))
        let from = EnvFromSource(
            prefix: "P_", configMapRef: OptionalReference(name: "n", optional: true),
            secretRef: OptionalReference(name: "n", optional: true))
        return TelegramBot(
            metadata: ObjectMeta(name: "echo", namespace: "bots"),
            spec: TelegramBotSpec(
                tokenSecretRef: .init(name: "token", key: "key"), gatewayRef: .init(name: "g", namespace: "ns"),
                updates: .init(allowedUpdates: ["message"], maxConnections: 1),
                worker: .init(
                    image: "i", imagePullPolicy: "Always", command: ["c"], args: ["a"], env: [variable],
                    envFrom: [from],
                    resources: ResourceRequirements(
                        requests: ["cpu": .string("1")], limits: ["memory": .string("1Gi")]),
                    imagePullSecrets: [LocalObjectReference(name: "n")], serviceAccountName: "sa"),
                scaling: .init(
                    minReplicas: 1, maxReplicas: 2, lagThreshold: 3, activationLagThreshold: 4, pollingInterval: "1s",
                    cooldownPeriod: "1s"),
                kafka: .init(partitions: 1, replicationFactor: 1, config: ["retention.ms": "1"]),
                profile: profile,
                deletionPolicy: .retain),
            status: status)
    }

    static let profile = TelegramBotSpec.Profile(
        name: "n", description: "d", shortDescription: "s", commands: [.init(command: "c", description: "d")],
        localized: [
            .init(
                language: "de", name: "n", description: "d", shortDescription: "s",
                commands: [.init(command: "c", description: "d")])
        ],
        commandSets: [
            .init(
                scope: .chatMember, chatID: 1, userID: 1, language: "de",
                commands: [.init(command: "c", description: "d")])
        ],
        menuButton: .init(type: .webApp, text: "t", url: "https://x"))

    static let gateway = TelegramGateway(
        metadata: ObjectMeta(name: "g"),
        spec: TelegramGatewaySpec(
            publicURL: "https://x",
            kafka: .init(
                bootstrapServers: "k:9092", replicationFactor: 3,
                tls: .init(
                    caSecretRef: .init(name: "ca", key: "k"), clientCertificateSecretRef: .init(name: "c"),
                    insecureSkipHostnameVerification: true),
                sasl: .init(
                    mechanism: .scramSHA512,
                    credentialsSecretRef: .init(name: "s", usernameKey: "u", passwordKey: "p"))),
            telegram: .init(apiBaseURL: "https://api")))
}
