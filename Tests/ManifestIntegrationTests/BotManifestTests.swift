import Foundation
import JSON
import TestRig
import Testing
import YAML

/// Bots as people write them, at a real API server.
@Suite struct BotManifestTests {
    @Test(arguments: ["aiogram-bot", "echo-python", "echo-swift", "routes-python"])
    func examplesLoseNothing(example: String) async throws {
        let plane = try await Cluster.plane
        let path = "\(ProjectFolder.path)/examples/\(example)/bot.yaml"
        let bots = try YAML.parseAll(String(contentsOfFile: path, encoding: .utf8))
            .filter { $0["kind"] == "TelegramBot" }
        #expect(bots.count == 1)
        try await plane.withNamespace { namespace in
            for bot in bots {
                let name = try #require(bot["metadata"]?["name"]?.stringValue)
                let spec = try #require(bot["spec"])
                let here: JSONValue = [
                    "apiVersion": bot["apiVersion"] ?? .null, "kind": "TelegramBot",
                    "metadata": ["name": .string(name), "namespace": .string(namespace)], "spec": spec,
                ]
                try await plane.kubectl("apply", "--filename", "-", input: YAML.render(here))
                #expect(try await plane.object("telegrambot", name, in: namespace).missing(here) == [])
            }
        }
    }

    /// kstatus takes an object without status for done. So one that no operator has seen says a generation that it never
    /// has.
    @Test func aBotThatNobodyHasSeenSaysSo() async throws {
        let plane = try await Cluster.plane
        try await plane.withNamespace { namespace in
            try await plane.kubectl(
                "apply", "--filename", "-",
                input: """
                    apiVersion: telegram-serverless.io/v1alpha1
                    kind: TelegramBot
                    metadata: {name: fresh, namespace: \(namespace)}
                    spec: {tokenSecretRef: {name: fresh-token}}
                    """)
            let bot = try await plane.object("telegrambot", "fresh", in: namespace)
            #expect(bot["status"] == ["observedGeneration": -1])
            #expect(bot["metadata"]?["generation"] == 1)
        }
    }
}
