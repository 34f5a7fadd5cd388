import JSON
import KubernetesTypes
import Testing

@testable import PlatformAPI

@Suite struct ValidationTests {
    private func problems(name: String = "echo", _ change: (inout TelegramBotSpec) -> Void = { _ in }) -> [String] {
        var spec = TelegramBotSpec(tokenSecretRef: .init(name: "token"))
        change(&spec)
        return TelegramBot(metadata: ObjectMeta(name: name, namespace: "bots"), spec: spec).validate()
    }

    private func template(_ template: JSONValue) -> [String] {
        problems { $0.worker = .init(image: "i", template: template) }
    }

    @Test func whatATemplateIsForIsValid() {
        let found = template([
            "metadata": ["labels": ["team": "shop"]],
            "spec": [
                "restartPolicy": "Always",
                "containers": [
                    ["name": "bot", "env": [["name": "MINE", "value": "x"]]], ["name": "side", "image": "y"],
                ],
            ],
        ])
        #expect(found == [])
        #expect(problems { $0.features = ["newMenu": true, "b-2": false] } == [])
    }

    @Test func theSmallestBotIsValid() {
        #expect(problems() == [])
        #expect(problems(name: String(repeating: "a", count: 50)) == [])
    }

    @Test func defaultsAreThoseOfTheSchema() {
        let spec = TelegramBotSpec(tokenSecretRef: .init(name: "token"))
        #expect(spec.tokenKey == "token")
        #expect(spec.minReplicas == 0)
        #expect(spec.maxReplicas == 10)
        #expect(spec.lagThreshold == 5)
        #expect(spec.activationLagThreshold == 0)
        #expect(spec.pollingInterval == "30s")
        #expect(spec.cooldownPeriod == "120s")
        #expect(spec.partitions == 10)
        #expect(spec.maxConnections == 40)
        #expect(spec.effectiveDeletionPolicy == .delete)
    }

    @Test func eachMistakeIsNamedOnce() {
        let cases: [(String, [String])] = [
            ("metadata.name", problems(name: String(repeating: "a", count: 51))),
            ("spec.tokenSecretRef.name", problems { $0.tokenSecretRef.name = "" }),
            ("spec.tokenSecretRef.name", problems { $0.tokenSecretRef.name = "bot-echo" }),
            ("spec.scaling.minReplicas", problems { $0.scaling = .init(minReplicas: -1) }),
            ("spec.scaling.minReplicas", problems { $0.scaling = .init(minReplicas: 3, maxReplicas: 2) }),
            ("spec.scaling.maxReplicas", problems { $0.scaling = .init(minReplicas: 0, maxReplicas: 0) }),
            ("spec.scaling.lagThreshold", problems { $0.scaling = .init(lagThreshold: 0) }),
            ("spec.scaling.activationLagThreshold", problems { $0.scaling = .init(activationLagThreshold: -1) }),
            ("spec.scaling.pollingInterval", problems { $0.scaling = .init(pollingInterval: "often") }),
            ("spec.scaling.pollingInterval", problems { $0.scaling = .init(pollingInterval: "999ms") }),
            ("spec.scaling.cooldownPeriod", problems { $0.scaling = .init(cooldownPeriod: "") }),
            ("spec.kafka.partitions", problems { $0.kafka = .init(partitions: 0) }),
            ("spec.updates.maxConnections", problems { $0.updates = .init(maxConnections: 101) }),
            ("spec.updates.maxConnections", problems { $0.updates = .init(maxConnections: 0) }),
            (
                "KAFKA_BROKERS",
                problems { $0.worker = .init(image: "i", env: [EnvVar(name: "KAFKA_BROKERS"), EnvVar(name: "MINE")]) }
            ),
            ("spec.botID", problems { $0.botID = "42" }),
            ("spec.features", problems { $0.features = ["2fast": true] }),
            ("spec.features", problems { $0.features = ["new-menu": true, "new_menu": false] }),
            (
                "FEATURE_DARK",
                problems { spec in
                    spec.features = ["dark": true]
                    spec.worker = .init(image: "i", env: [EnvVar(name: "FEATURE_DARK")])
                }
            ),
            ("telegram-serverless.io/bot", template(["metadata": ["labels": ["telegram-serverless.io/bot": "x"]]])),
            ("without a name", template(["spec": ["containers": [["image": "x"]]]])),
            ("spec.worker.image", template(["spec": ["containers": [["name": "bot", "image": "x"]]]])),
            (
                "BOT_TOKEN",
                template(["spec": ["containers": [["name": "bot", "env": [["name": "BOT_TOKEN", "value": "x"]]]]]])
            ),
            ("restartPolicy", template(["spec": ["restartPolicy": "Never"]])),
        ]
        for (field, found) in cases {
            #expect(found.count == 1, "\(field): \(found)")
            #expect(found.first?.contains(field) == true, "\(field): \(found)")
        }
    }

    @Test func allMistakesAreNamedTogether() {
        let found = problems {
            $0.scaling = .init(lagThreshold: 0, cooldownPeriod: "x")
            $0.kafka = .init(partitions: -1)
        }
        #expect(found.count == 3)
    }
}
