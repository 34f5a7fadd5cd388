import Foundation
import KubernetesTypes
import Testing

@testable import Operator

@Suite struct WorkloadHealthTests {
    private func deployment(
        replicas: Int = 2, generation: Int = 3, observed: Int = 3, ready: Int? = 2, conditions: String = ""
    ) throws -> ObservedDeployment {
        let ready = ready.map { #","readyReplicas":\#($0)"# } ?? ""
        let text = """
            {"metadata":{"name":"bot-echo","generation":\(generation)},"spec":{"replicas":\(replicas)},
            "status":{"observedGeneration":\(observed),"conditions":[\(conditions)]\(ready)}}
            """
        return try ObservedDeployment(json: Array(text.utf8))
    }

    private func reason(_ deployment: ObservedDeployment?, isProven: Bool = true) -> String {
        let verdict = WorkloadHealth.verdict("bot-echo", deployment, isProven: isProven)
        return "\(verdict.status.rawValue) \(verdict.reason)"
    }

    @Test func eachStateHasItsWord() throws {
        #expect(reason(nil) == "Unknown Starting")
        #expect(try reason(deployment(replicas: 0, ready: nil)) == "True Asleep")
        #expect(try reason(deployment()) == "True WorkersReady")
        #expect(try reason(deployment(ready: 1)) == "True WorkersReady")
        #expect(try reason(deployment(ready: nil)) == "False PodsNotReady")
        #expect(try reason(deployment(observed: 2)) == "Unknown RollingOut")
    }

    /// Else who waits for Ready and then applies the next version would leave nothing to roll back to, and an image that
    /// ends soon after its start would be Ready now and then.
    @Test func aVersionIsReadyOnlyWhenItCounts() throws {
        #expect(try reason(deployment(), isProven: false) == "Unknown RollingOut")
        #expect(try reason(deployment(ready: nil), isProven: false) == "False PodsNotReady")
        #expect(try reason(deployment(replicas: 0, ready: nil), isProven: false) == "True Asleep")
    }

    @Test func failuresOfTheDeploymentComeThrough() throws {
        let stuck = #"{"type":"Progressing","status":"False","reason":"ProgressDeadlineExceeded","message":"too slow"}"#
        let verdict = WorkloadHealth.verdict("bot-echo", try deployment(ready: 0, conditions: stuck))
        #expect(verdict.status == .false)
        #expect(verdict.reason == "ProgressDeadlineExceeded")
        #expect(verdict.message.contains("bot-echo") && verdict.message.contains("too slow"))
        let refused = #"{"type":"ReplicaFailure","status":"True","reason":"FailedCreate","message":"quota"}"#
        #expect(try reason(deployment(conditions: refused)) == "False FailedCreate")
        let fine = #"{"type":"Progressing","status":"True"},{"type":"ReplicaFailure","status":"False"}"#
        #expect(try reason(deployment(conditions: fine)) == "True WorkersReady")
    }

    @Test func aDeploymentWithoutReplicasHasOne() throws {
        let observed = try ObservedDeployment(json: Array(#"{"metadata":{"name":"x"}}"#.utf8))
        #expect(observed.replicas == 1)
        #expect(!observed.isHandedOver)
    }
}

@Suite struct ScalerHealthTests {
    private func condition(_ type: String, _ status: String, _ reason: String? = nil) throws -> WorkloadCondition {
        var members = ["type": type, "status": status, "message": "words"]
        members["reason"] = reason
        return try JSONDecoder().decode(WorkloadCondition.self, from: JSONEncoder().encode(members))
    }

    private func reason(_ conditions: [WorkloadCondition]?) -> String {
        let verdict = ScalerHealth.verdict("bot-echo", conditions)
        return "\(verdict.status.rawValue) \(verdict.reason)"
    }

    @Test func eachStateHasItsWord() throws {
        #expect(reason(nil) == "Unknown WaitingForKEDA")
        #expect(reason([]) == "Unknown WaitingForKEDA")
        #expect(try reason([condition("Active", "True")]) == "Unknown WaitingForKEDA")
        #expect(try reason([condition("Ready", "True"), condition("Active", "True")]) == "True Active")
        #expect(try reason([condition("Ready", "True"), condition("Active", "False")]) == "True Idle")
        #expect(try reason([condition("Ready", "False", "BadTrigger")]) == "False BadTrigger")
        #expect(try reason([condition("Ready", "Unknown")]) == "False ScalerNotReady")
        #expect(
            try ScalerHealth.verdict("bot-echo", [condition("Ready", "False")]).message.contains("words"))
    }
}
