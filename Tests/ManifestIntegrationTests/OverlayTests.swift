import Foundation
import JSON
import KubernetesTypes
import PlatformAPI
import TestRig
import Testing
import YAML

/// The example for GitOps renders, and a real API server takes all of it and drops nothing.
@Suite struct OverlayTests {
    static let environments = ["development", "staging", "production"]
    private static let folder = "\(ProjectFolder.path)/examples/gitops"

    @Test(arguments: environments)
    func rendersAndApplies(environment: String) async throws {
        let plane = try await Cluster.plane
        let overlay = "\(Self.folder)/overlays/\(environment)"
        let namespace = "shop-\(environment)"
        let objects = try await render(overlay)
        #expect(Set(objects.compactMap { $0["kind"]?.stringValue }) == ["ConfigMap", "Namespace", "TelegramBot"])
        for object in objects where object["kind"] != "Namespace" {
            #expect(object["metadata"]?["namespace"] == .string(namespace))
        }

        // Objects in a namespace need it, in a dry run too.
        try await plane.kubectl("create", "namespace", namespace)
        for how in [["--dry-run=server"], ["--dry-run=server", "--server-side", "--force-conflicts"], []] {
            try await plane.kubectl(["apply", "--kustomize", overlay] + how)
        }
        for object in objects {
            let kind = try #require(object["kind"]?.stringValue)
            let name = try #require(object["metadata"]?["name"]?.stringValue)
            let stored = try await plane.object(kind, name, in: namespace)
            #expect(stored.missing(object) == [], "\(kind) \(name)")
        }
        // What a GitOps tool sees at its next look: no difference.
        let again = try await plane.kubectl("apply", "--kustomize", overlay)
        #expect(again.split(separator: "\n").allSatisfy { $0.hasSuffix(" unchanged") }, "\(again)")
        try await plane.deleteNamespace(namespace)
    }

    @Test func environmentsDifferWhereTheyShould() async throws {
        var bots: [TelegramBot] = []
        for environment in Self.environments {
            let objects = try await render("\(Self.folder)/overlays/\(environment)")
            let bot = try #require(objects.first { $0["kind"] == "TelegramBot" })
            bots.append(try JSONDecoder().decode(TelegramBot.self, from: JSONEncoder().encode(bot)))
            // Generated names reach the bot, so that a changed setting rolls its workers.
            let map = try #require(objects.first { $0["kind"] == "ConfigMap" })
            let settings = try #require(map["metadata"]?["name"]?.stringValue)
            #expect(bots.last?.spec.worker?.envFrom?.compactMap(\.configMapRef?.name) == [settings])
        }
        for bot in bots {
            #expect(bot.validate() == [])
            #expect(bot.spec.tokenSecretRef.name == "shop-token")
        }
        #expect(Set(bots.compactMap(\.spec.worker?.image)).count == 3)
        #expect(Set(bots.compactMap(\.spec.gatewayRef?.name)).count == 3)
        #expect(Set(bots.map(\.spec.maxReplicas)).count == 3)
        #expect(bots.map(\.spec.effectiveDeletionPolicy) == [.delete, .delete, .retain])
    }

    /// Each way of keeping the token makes the Secret and the key that the bot asks for.
    @Test func secretsHaveTheNameAndKeyOfTheBot() async throws {
        let base = try await render("\(Self.folder)/overlays/production")
        let wanted = try #require(base.first { $0["kind"] == "TelegramBot" })["spec"]?["tokenSecretRef"]
        let name = try #require(wanted?["name"])
        let key = wanted?["key"] ?? "token"

        let external = try await component("external-secrets", kind: "ExternalSecret")
        #expect(external["metadata"]?["namespace"] == "shop-production")
        #expect(external["spec"]?["target"]?["name"] == name)
        #expect(external["spec"]?["data"]?.arrayValue?.map { $0["secretKey"] } == [key])

        let vault = try await component("vault", kind: "VaultStaticSecret")
        #expect(vault["metadata"]?["namespace"] == "shop-production")
        #expect(vault["spec"]?["destination"]?["name"] == name)

        let plain = try YAML.parse(String(contentsOfFile: "\(Self.folder)/secrets/sops/token.yaml", encoding: .utf8))
        #expect(plain["metadata"]?["name"] == name)
        #expect(plain["stringData"]?.objectValue.map { Array($0.keys) } == [try #require(key.stringValue)])
    }

    @Test func argoCDAndFluxPointAtWhatIsThere() async throws {
        let flux = try documents("flux/kustomizations.yaml")
        let paths = flux.compactMap { $0["spec"]?["path"]?.stringValue }
        #expect(paths.map { String($0.drop { "./".contains($0) }) } == Self.environments.map(Self.path))
        let source = try #require(try documents("flux/source.yaml").first)
        for kustomization in flux {
            let reference = kustomization["spec"]?["sourceRef"]
            #expect(reference?["kind"] == source["kind"])
            #expect(reference?["name"] == source["metadata"]?["name"])
            #expect(kustomization["metadata"]?["namespace"] == source["metadata"]?["namespace"])
        }
        for check in flux.flatMap({ $0["spec"]?["healthChecks"]?.arrayValue ?? [] }) {
            let rendered = try await render("\(Self.folder)/overlays/production")
            #expect(
                rendered.contains { object in
                    object["apiVersion"] == check["apiVersion"] && object["kind"] == check["kind"]
                        && object["metadata"]?["name"] == check["name"]
                        && object["metadata"]?["namespace"] == check["namespace"]
                })
        }

        let application = try #require(try documents("argocd/application.yaml").first)
        #expect(application["spec"]?["source"]?["path"]?.stringValue == Self.path("production"))
        let set = try #require(try documents("argocd/applicationset.yaml").first)
        let elements = set["spec"]?["generators"]?.arrayValue?.first?["list"]?["elements"]?.arrayValue ?? []
        #expect(elements.compactMap { $0["environment"]?.stringValue } == Self.environments)
        #expect(set["spec"]?["template"]?["spec"]?["source"]?["path"]?.stringValue == Self.path("{{.environment}}"))
    }

    // MARK: Reading

    private static func path(_ environment: String) -> String { "examples/gitops/overlays/\(environment)" }

    private func documents(_ path: String) throws -> [JSONValue] {
        try YAML.parseAll(String(contentsOfFile: "\(Self.folder)/\(path)", encoding: .utf8))
    }

    private func render(_ folder: String) async throws -> [JSONValue] {
        try YAML.parseAll(try await Cluster.plane.kubectl("kustomize", folder))
    }

    /// The object of that kind which the overlay for production has with a component of the folder `secrets`.
    private func component(_ name: String, kind: String) async throws -> JSONValue {
        let copy = FileManager.default.temporaryDirectory.appending(path: "gitops-\(UUID().uuidString)").path
        try FileManager.default.copyItem(atPath: Self.folder, toPath: copy)
        defer { try? FileManager.default.removeItem(atPath: copy) }
        let file = "\(copy)/overlays/production/kustomization.yaml"
        let text = try String(contentsOfFile: file, encoding: .utf8)
        try (text + "components: [../../secrets/\(name)]\n").write(toFile: file, atomically: true, encoding: .utf8)
        return try #require(try await render("\(copy)/overlays/production").first { $0["kind"] == .string(kind) })
    }
}
