import Foundation
import JSON
import Testing

@testable import PlatformAPI

/// The defaults that the schemas state are those that the Swift types take for absent fields.
@Suite struct DefaultTests {
    /// A property of `TelegramBotSpec+Defaults.swift`.
    struct Default: Sendable {
        let property: String
        /// Where the schema states it; `nil` when it depends on other fields, so that a schema cannot.
        let path: String?
        let value: @Sendable (TelegramBotSpec) -> JSONValue

        init(_ property: String, at path: String?, _ value: @escaping @Sendable (TelegramBotSpec) -> JSONValue) {
            self.property = property
            self.path = path
            self.value = value
        }
    }

    static let defaults = [
        Default("tokenKey", at: "tokenSecretRef.key") { .string($0.tokenKey) },
        Default("minReplicas", at: "scaling.minReplicas") { .int(Int64($0.minReplicas)) },
        Default("maxReplicas", at: "scaling.maxReplicas") { .int(Int64($0.maxReplicas)) },
        Default("lagThreshold", at: "scaling.lagThreshold") { .int(Int64($0.lagThreshold)) },
        Default("activationLagThreshold", at: "scaling.activationLagThreshold") {
            .int(Int64($0.activationLagThreshold))
        },
        Default("pollingInterval", at: "scaling.pollingInterval") { .string($0.pollingInterval) },
        Default("cooldownPeriod", at: "scaling.cooldownPeriod") { .string($0.cooldownPeriod) },
        Default("rolloutDeadline", at: "worker.rollout.deadline") { .string($0.rolloutDeadline) },
        Default("rolloutFailurePolicy", at: "worker.rollout.onFailure") { .string($0.rolloutFailurePolicy.rawValue) },
        Default("effectiveTimeout", at: "worker.migration.timeout") {
            $0.worker?.migration.map { .string($0.effectiveTimeout) } ?? .null
        },
        Default("effectiveRetries", at: "worker.migration.retries") {
            $0.worker?.migration.map { .int(Int64($0.effectiveRetries)) } ?? .null
        },
        Default("partitions", at: nil) { .int(Int64($0.partitions)) },
        Default("hasResults", at: "kafka.results") { .bool($0.hasResults) },
        Default("updateMode", at: "updates.mode") { .string($0.updateMode.rawValue) },
        Default("maxConnections", at: "updates.maxConnections") { .int(Int64($0.maxConnections)) },
        Default("webhookAdoption", at: "updates.webhookAdoption") { .string($0.webhookAdoption.rawValue) },
        Default("effectiveDriftPolicy", at: "driftPolicy") { .string($0.effectiveDriftPolicy.rawValue) },
        Default("effectiveAdoptionPolicy", at: "adoptionPolicy") { .string($0.effectiveAdoptionPolicy.rawValue) },
        Default("effectiveDeletionPolicy", at: "deletionPolicy") { .string($0.effectiveDeletionPolicy.rawValue) },
    ]

    /// What must be there, and the objects of which the absence means something other than defaults.
    private static let smallest: JSONValue = [
        "tokenSecretRef": ["name": "token"], "worker": ["image": "i", "migration": ["command": ["c"]]],
    ]

    private static let smallestGateway: JSONValue = [
        "publicURL": "u",
        "kafka": [
            "bootstrapServers": "k", "tls": ["caSecretRef": ["name": "s"]],
            "sasl": ["mechanism": "PLAIN", "credentialsSecretRef": ["name": "s"]],
        ], "replicas": [:], "redis": ["urlSecretRef": ["name": "s"]],
    ]

    private func spec(_ value: JSONValue) throws -> TelegramBotSpec {
        try JSONDecoder().decode(TelegramBotSpec.self, from: JSONEncoder().encode(value))
    }

    @Test func theListHereHasEveryPropertyOfTheFile() throws {
        let source = try ProjectFile.text("Sources/PlatformAPI/TelegramBotSpec+Defaults.swift")
        let properties = source.matches(of: /package var (\w+)/).map { String($0.output.1) }
        #expect(!properties.isEmpty)
        let differences = Set(properties).symmetricDifference(Self.defaults.map(\.property))
        #expect(differences == [], "DefaultTests.defaults has a line for each property")
    }

    @Test func schemaAndTypesStateTheSameDefaults() throws {
        let schema = try #require(try CRDFile("telegrambots").schema["properties"]?["spec"])
        let spec = try spec(Self.smallest)
        var stated = SchemaDefaults.leaves(of: schema)
        for entry in Self.defaults {
            guard let path = entry.path else { continue }
            let (mine, schemas) = (entry.value(spec), stated.removeValue(forKey: path))
            #expect(schemas == mine, "\(path): the type takes \(mine), the schema says \(schemas ?? .null)")
        }
        #expect(stated.keys.sorted() == [], "defaults of the schema that the type does not have")
    }

    @Test func defaultsFilledInByTheServerChangeNothing() throws {
        let schema = try #require(try CRDFile("telegrambots").schema["properties"]?["spec"])
        let (absent, filled) = (try spec(Self.smallest), try spec(SchemaDefaults.fill(Self.smallest, by: schema)))
        #expect(absent != filled)
        for entry in Self.defaults { #expect(entry.value(absent) == entry.value(filled), "\(entry.property)") }
    }

    /// A default of a field in an object shows only when the object itself is there: required or a default, too.
    @Test(arguments: [("telegrambots", smallest), ("telegramgateways", smallestGateway)])
    func everyDefaultShowsInTheSmallestObject(plural: String, smallest: JSONValue) throws {
        let schema = try #require(try CRDFile(plural).schema["properties"]?["spec"])
        let filled = SchemaDefaults.fill(smallest, by: schema)
        for (path, value) in SchemaDefaults.leaves(of: schema) {
            let shown = path.split(separator: ".").reduce(filled as JSONValue?) { $0?[String($1)] }
            #expect(shown == value, "\(path): give the objects around it a default of {}")
        }
    }

    @Test func theGatewaysDefaultsAreThoseOfItsSchema() throws {
        let schema = try #require(try CRDFile("telegramgateways").schema["properties"]?["spec"])
        let authority = TelegramGatewaySpec.Kafka.SecretKey(name: "s")
        let login = TelegramGatewaySpec.Kafka.Credentials(name: "s")
        #expect(
            SchemaDefaults.leaves(of: schema) == [
                "acknowledge": .string(
                    TelegramGatewaySpec(publicURL: "u", kafka: .init(bootstrapServers: "k")).effectiveAcknowledge
                        .rawValue),
                "replicas.min": .int(Int64(TelegramGatewaySpec.Replicas().effectiveMin)),
                "redis.urlSecretRef.key": .string(TelegramGatewaySpec.Redis.URLSecret(name: "s").effectiveKey),
                "telegram.apiBaseURL": .string(TelegramGatewaySpec.officialAPIBaseURL),
                "kafka.tls.caSecretRef.key": .string(authority.effectiveKey),
                "kafka.tls.insecureSkipHostnameVerification":
                    .bool(!TelegramGatewaySpec.Kafka.TLS().verifiesHostname),
                "kafka.sasl.credentialsSecretRef.usernameKey": .string(login.effectiveUsernameKey),
                "kafka.sasl.credentialsSecretRef.passwordKey": .string(login.effectivePasswordKey),
            ])
    }

    @Test func fillingIsWhatTheServerDoes() {
        let schema: JSONValue = [
            "properties": [
                "a": ["default": [:], "properties": ["x": ["default": 1], "y": [:]]],
                "b": ["properties": ["x": ["default": 2]]],
                "c": ["items": ["properties": ["x": ["default": 3]]]],
            ]
        ]
        #expect(SchemaDefaults.fill([:], by: schema) == ["a": ["x": 1]])
        #expect(
            SchemaDefaults.fill(["a": ["x": 9], "b": [:], "c": [[:]]], by: schema)
                == ["a": ["x": 9], "b": ["x": 2], "c": [["x": 3]]])
    }
}
