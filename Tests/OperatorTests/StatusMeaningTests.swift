import Foundation
import JSON
import KubernetesTypes
import PlatformAPI
import TestRig
import Testing
import YAML

@testable import Operator

/// Tools that know nothing of bots understand their status: kstatus (Flux, kpt and others), and Argo CD by the health
/// check in deploy/argocd.
@Suite struct StatusMeaningTests {
    @Test(arguments: StatusSample.allCases)
    func kstatusUnderstands(sample: StatusSample) {
        let bot = sample.bot
        let status = KStatus(
            metadata: bot.metadata, observedGeneration: bot.status?.observedGeneration,
            conditions: bot.status?.conditions ?? [])
        #expect(status == sample.kstatus)
    }

    @Test(arguments: StatusSample.allCases)
    func argoCDUnderstands(sample: StatusSample) async throws {
        let object = try JSONDecoder().decode(JSONValue.self, from: JSONEncoder().encode(sample.bot))
        let health = try await LuaHealth(script: try Self.script, object: object)
        #expect(health.status == sample.argoCD)
        #expect(!health.message.isEmpty)
        // Whatever kstatus holds for done is never shown as broken, and the other way round.
        #expect((health.status == "Degraded") == (sample.kstatus == .failed))
        #expect(["Healthy", "Suspended"].contains(health.status) == (sample.kstatus == .current))
    }

    @Test func theRulesOfKStatusAreItsOwn() {
        func status(_ observed: Int64?, _ conditions: (String, Condition.Status)...) -> KStatus {
            var metadata = ObjectMeta(name: "x")
            metadata.generation = 2
            return KStatus(
                metadata: metadata, observedGeneration: observed,
                conditions: conditions.map {
                    Condition(type: $0.0, status: $0.1, reason: "R", message: "m", lastTransitionTime: "t")
                })
        }
        // Without a word against it an object is Current; that is why a fresh one says observedGeneration -1.
        #expect(status(nil) == .current)
        #expect(status(-1) == .inProgress)
        #expect(status(2, ("Ready", .unknown)) == .inProgress)
        #expect(status(2, ("Ready", .true), ("Stalled", .false)) == .current)
        #expect(status(2, ("Ready", .true), ("Stalled", .true)) == .failed)
        #expect(status(2, ("Reconciling", .true), ("Stalled", .true)) == .inProgress)
        #expect(status(1, ("Stalled", .true)) == .inProgress)
    }

    @Test func argoCDsOwnKindOfTestsPass() async throws {
        let tests = try YAML.parse(Self.text("health_test.yaml"))["tests"]?.arrayValue ?? []
        var statuses: Set<String> = []
        var files: Set<String> = []
        for test in tests {
            let path = try #require(test["inputPath"]?.stringValue)
            let health = try await LuaHealth(script: try Self.script, object: try YAML.parse(Self.text(path)))
            let expected = test["healthStatus"]
            #expect(health.status == expected?["status"]?.stringValue, "\(path)")
            #expect(health.message == expected?["message"]?.stringValue, "\(path)")
            statuses.insert(health.status)
            files.insert(path)
        }
        #expect(statuses == ["Healthy", "Suspended", "Progressing", "Degraded"])
        let there = try FileManager.default.contentsOfDirectory(atPath: "\(Self.folder)/testdata")
        #expect(files == Set(there.map { "testdata/\($0)" }))
    }

    @Test func thePatchHasTheScript() throws {
        let patch = try YAML.parse(Self.text("argocd-cm-patch.yaml"))
        let key = "resource.customizations.health.\(TelegramBot.definition.group)_\(TelegramBot.definition.kind)"
        #expect(patch["data"]?.objectValue.map { Array($0.keys) } == [key])
        #expect(
            try patch["data"]?[key]?.stringValue == Self.script,
            "put deploy/argocd/health-telegrambot.lua into argocd-cm-patch.yaml, four spaces in")
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
