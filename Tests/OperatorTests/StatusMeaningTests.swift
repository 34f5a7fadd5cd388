import Foundation
import JSON
import KubernetesTypes
import PlatformAPI
import Testing
import YAML

@testable import Operator

/// Tools that know nothing of bots understand their status by the rules of kstatus: Flux, kpt and others.
@Suite struct StatusMeaningTests {
    @Test(arguments: StatusSample.allCases)
    func kstatusUnderstands(sample: StatusSample) {
        let bot = sample.bot
        let status = KStatus(
            metadata: bot.metadata, observedGeneration: bot.status?.observedGeneration,
            conditions: bot.status?.conditions ?? [])
        #expect(status == sample.kstatus)
    }

    /// The objects with which Argo CD's health check is tested are what the operator writes.
    @Test(arguments: StatusSample.allCases)
    func theHealthChecksTestDataIsTrue(sample: StatusSample) throws {
        let definition = TelegramBot.definition
        var object = try JSONDecoder().decode(JSONValue.self, from: JSONEncoder().encode(sample.bot)).objectValue ?? [:]
        object["apiVersion"] = .string("\(definition.group)/\(definition.version)")
        object["kind"] = .string(definition.kind)
        let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "deploy/argocd/testdata/\(sample.rawValue).yaml")
        let text = YAML.render(.object(object))
        if ProcessInfo.processInfo.environment["UPDATE_GOLDEN"] == "1" { try Data(text.utf8).write(to: file) }
        #expect(try text == String(contentsOf: file, encoding: .utf8), "\(file.lastPathComponent) differs")
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
}
