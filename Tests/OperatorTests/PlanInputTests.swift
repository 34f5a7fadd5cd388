import Foundation
import JSON
import KubernetesTypes
import PlatformAPI
import Testing
import YAML

@testable import Operator

@Suite struct PlanInputTests {
    private func read(_ text: String) throws -> PlanInput {
        var input = PlanInput()
        try input.add(text, source: "bot.yaml", namespace: "bots")
        return input
    }

    private func problem(_ text: String) -> String {
        do {
            let input = try read(text)
            for bot in input.bots { _ = try bot.decoded(TelegramBotSpec.self, bot.spec, kind: "TelegramBot") }
            return "none"
        } catch { return "\(error)" }
    }

    private static let bot = """
        apiVersion: telegram-serverless.io/v1alpha1
        kind: TelegramBot
        metadata: {name: shop}
        spec: {tokenSecretRef: {name: t}}
        """

    @Test func documentsAreSortedByWhatTheyAre() throws {
        let input = try read(
            """
            \(Self.bot)
            ---
            apiVersion: v1
            kind: List
            items:
              - {apiVersion: v1, kind: ConfigMap, metadata: {name: c, namespace: other}}
              - {apiVersion: v1, kind: Secret, metadata: {name: t}, data: {a: YQ==, b: Yg==}, stringData: {b: x}}
            ---
            apiVersion: telegram-serverless.io/v1alpha1
            kind: TelegramGateway
            metadata: {name: main, namespace: tgs}
            spec: {}
            """)
        #expect(input.bots.map(\.key) == [ObjectKey(namespace: "bots", name: "shop")])
        #expect(input.gateways.map(\.key) == [ObjectKey(namespace: "tgs", name: "main")])
        #expect(input.secrets.first?.string("a") == "a")
        #expect(input.secrets.first?.string("b") == "x")
        #expect(input.passedOver == ["ConfigMap other/c"])
        #expect(input.taken == ["Secret bots/t", "TelegramGateway tgs/main"])
    }

    @Test func whatIsWrongIsNamed() {
        #expect(problem("a: [").hasPrefix("bot.yaml cannot be read: line "))
        #expect(problem("").contains("no resources"))
        #expect(problem("a: 1").contains("without apiVersion or kind"))
        #expect(problem("{apiVersion: v1, kind: Secret}").contains("without metadata.name"))
        #expect(problem(Self.bot + "\n---\n" + Self.bot).contains("TelegramBot bots/shop stands in the files twice"))
        #expect(problem(Self.bot.replacing("v1alpha1", with: "v9")).contains("write telegram-serverless.io/v1alpha1"))
        #expect(problem(Self.bot.replacing("{name: t}}", with: "{}}")).contains("spec.tokenSecretRef has no \"name\""))
        #expect(
            problem(Self.bot.replacing("{name: t}}", with: "{name: t}, suspend: Off}"))
                .contains("spec.suspend is not of type"))
        let secret = "{apiVersion: v1, kind: Secret, metadata: {name: t}, data: {token: \"42:SECRET\"}}"
        #expect(problem(secret).contains("data.token of Secret bots/t is no base64"))
        #expect(!problem(secret).contains("SECRET"))
    }

    @Test func misspelledFieldsAreFound() throws {
        let written: JSONValue = [
            "tokenSecretRef": ["name": "t"],
            "worker": [
                "imgae": "x", "image": "y", "template": ["spec": ["any": 1]], "env": [["name": "A", "valu": "1"]],
            ],
        ]
        let data = try JSONEncoder().encode(written)
        let understood = try BotPlanner.json(JSONDecoder().decode(TelegramBotSpec.self, from: data))
        #expect(
            UnknownFields.find(written: written, understood: understood)
                == ["spec.worker.env[0].valu", "spec.worker.imgae"])
    }

    @Test func whatOthersHaveSetStays() throws {
        let live: JSONValue = [
            "a": 1, "suspend": "Buffer", "scaling": ["min": 0, "max": 5], "list": [1, 2], "gone": 1,
        ]
        let written: JSONValue = ["a": 2, "scaling": ["lag": 3], "list": [1], "gone": nil]
        let account = #"{"spec": {"a": 1, "scaling": {"max": 5}, "old": 1}}"#
        let expected: JSONValue = ["a": 2, "suspend": "Buffer", "scaling": ["min": 0, "lag": 3], "list": [1]]
        #expect(
            AppliedSpec.merged(
                written,
                live: [
                    "metadata": [
                        "annotations": ["kubectl.kubernetes.io/last-applied-configuration": .string(account)]
                    ], "spec": live,
                ]) == expected)
        let fields: JSONValue = [
            "f:spec": ["f:tokenSecretRef": ["f:name": [:]], "f:scaling": ["f:max": [:]], "f:list": [:]]
        ]
        let more: JSONValue = ["f:spec": ["f:suspend": [:]]]
        #expect(
            AppliedSpec.merged(
                written,
                live: [
                    "metadata": [
                        "managedFields": [
                            ["manager": "argocd", "operation": "Apply", "fieldsV1": fields],
                            ["manager": "person", "operation": "Apply", "fieldsV1": more],
                        ]
                    ], "spec": live,
                ]) == expected)
        // Nobody has applied it before: nothing is taken away.
        #expect(AppliedSpec.merged(["a": 1], live: ["spec": ["b": 2]]) == ["a": 1, "b": 2])
    }

    /// The defaults that a file gets are those of the schema.
    @Test func defaultsAreThoseOfTheDefinition() throws {
        let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "crds/telegrambots.yaml")
        let definition = try YAML.parse(String(contentsOf: file, encoding: .utf8))
        let schema = try #require(
            definition["spec"]?["versions"]?.arrayValue?.first?["schema"]?["openAPIV3Schema"]?["properties"]?["spec"])
        for spec: JSONValue in [
            ["tokenSecretRef": ["name": "t"]],
            ["tokenSecretRef": ["name": "t", "key": "k"], "worker": ["image": "i"], "scaling": ["maxReplicas": 3]],
            [
                "tokenSecretRef": ["name": "t"], "worker": ["image": "i", "migration": ["command": ["m"]]],
                "profile": [:],
            ],
        ] {
            #expect(SpecDefaults.applied(to: spec) == Self.defaulted(spec, schema))
        }
    }

    /// As the API server does it.
    private static func defaulted(_ value: JSONValue, _ schema: JSONValue) -> JSONValue {
        guard case .object(var members) = value else { return value }
        for (name, property) in schema["properties"]?.objectValue ?? [:] {
            if members[name] == nil, let byDefault = property["default"] { members[name] = byDefault }
            if let present = members[name] { members[name] = defaulted(present, property) }
        }
        return .object(members)
    }
}
