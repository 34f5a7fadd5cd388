import Foundation
import JSON
import PlatformAPI
import TestRig
import Testing
import YAML

/// Argo CD understands TelegramBots by the health check in deploy/argocd. Its test data are statuses that the operator
/// writes (`StatusMeaningTests` compares them), and a few that it never should.
@Suite struct ArgoCDHealthTests {
    @Test func theScriptSaysWhatIsWrittenDown() async throws {
        var statuses: Set<String> = []
        var files: Set<String> = []
        for test in try YAML.parse(Self.text("health_test.yaml"))["tests"]?.arrayValue ?? [] {
            let path = try #require(test["inputPath"]?.stringValue)
            let health = try await LuaHealth(script: try Self.script, object: try YAML.parse(Self.text(path)))
            #expect(health.status == test["healthStatus"]?["status"]?.stringValue, "\(path)")
            #expect(health.message == test["healthStatus"]?["message"]?.stringValue, "\(path)")
            statuses.insert(health.status)
            files.insert(path)
        }
        #expect(statuses == ["Healthy", "Suspended", "Progressing", "Degraded"])
        let there = try FileManager.default.contentsOfDirectory(atPath: "\(Self.folder)/testdata")
        #expect(files == Set(there.map { "testdata/\($0)" }))
    }

    @Test func thePatchHasTheScript() throws {
        let patch = try YAML.parse(Self.text("argocd-cm-patch.yaml"))
        let key = "resource.customizations.health.\(PlatformGroup.name)_TelegramBot"
        #expect(patch["data"]?.objectValue.map { Array($0.keys) } == [key])
        #expect(
            try patch["data"]?[key]?.stringValue == Self.script,
            "put deploy/argocd/health-telegrambot.lua into argocd-cm-patch.yaml, four spaces in")
    }

    @Test func thePatchLeavesTheRestOfTheConfigMap() async throws {
        let plane = try await Cluster.plane
        try await plane.withNamespace("argocd") { namespace in
            try await plane.kubectl(
                "create", "configmap", "argocd-cm", "--namespace", namespace,
                "--from-literal=url=https://argo.example.org")
            // The patch names the usual namespace, which is not this test's own.
            let patch = try Self.text("argocd-cm-patch.yaml")
                .replacing("namespace: argocd", with: "namespace: \(namespace)")
            try await plane.kubectl("patch", "configmap", "argocd-cm", "--namespace", namespace, "--patch", patch)
            let data = try await plane.object("configmap", "argocd-cm", in: namespace)["data"]?.objectValue ?? [:]
            #expect(
                Set(data.keys) == ["url", "resource.customizations.health.telegram-serverless.io_TelegramBot"])
        }
    }

    @Test func literalsOfLuaAreWhatTheyStandFor() async throws {
        let script = """
            local message = ""
            for _, word in ipairs(obj.list) do message = message .. word .. ";" end
            return {status = tostring(obj.flag), message = message .. tostring(obj.none) .. obj.number}
            """
        let object: JSONValue = ["list": ["a\"\n1", "ü"], "flag": true, "none": nil, "number": 12]
        let health = try await LuaHealth(script: script, object: object)
        #expect(health == LuaHealth(status: "true", message: "a\"\n1;ü;nil12"))
        await #expect(throws: Command.Failure.self) {
            _ = try await LuaHealth(script: "return {status = string.upper('x')}", object: [:])
        }
    }

    private static let folder = "\(ProjectFolder.path)/deploy/argocd"

    private static func text(_ path: String) throws -> String {
        try String(contentsOfFile: "\(folder)/\(path)", encoding: .utf8)
    }

    private static var script: String {
        get throws { try text("health-telegrambot.lua") }
    }
}
