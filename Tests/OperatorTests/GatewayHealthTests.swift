import Foundation
import JSON
import KubernetesTypes
import PlatformAPI
import Testing

@testable import Operator

@Suite struct GatewayHealthTests {
    private func observed(_ status: String, generation: Int = 2) throws -> ObservedGatewayObject {
        try ObservedGatewayObject(
            json: Array(
                """
                {"metadata":{"name":"gateway-main","generation":\(generation),"labels":{"\(Labels.gateway)":"main"}},
                "spec":{"replicas":2},"status":\(status)}
                """.utf8))
    }

    private func workload(_ status: String) throws -> String {
        let verdict = GatewayHealth.workload("d", try observed(status))
        return "\(verdict.status.rawValue)/\(verdict.reason)"
    }

    private func programmed(_ status: String, isNew: Bool = false) throws -> Condition.Status {
        GatewayHealth.programmed("d", try observed(status), isNew: isNew).status
    }

    @Test func theWorkloadIsReadyWhileOneReplicaIs() throws {
        #expect(GatewayHealth.workload("d", nil).status == .unknown)
        #expect(try workload("{}") == "Unknown/RollingOut")
        #expect(try workload(#"{"observedGeneration":1,"availableReplicas":2}"#) == "Unknown/RollingOut")
        #expect(try workload(#"{"observedGeneration":2,"replicas":2}"#) == "False/PodsNotReady")
        #expect(try workload(#"{"observedGeneration":2,"replicas":2,"availableReplicas":1}"#) == "True/ReplicasReady")
        #expect(
            try workload(
                #"{"observedGeneration":2,"availableReplicas":2,"conditions":[{"type":"Progressing","status":"False","reason":"ProgressDeadlineExceeded"}]}"#
            ) == "False/ProgressDeadlineExceeded")
        #expect(
            try workload(
                #"{"observedGeneration":2,"conditions":[{"type":"ReplicaFailure","status":"True","reason":"FailedCreate"}]}"#
            ) == "False/FailedCreate")
    }

    @Test func itIsProgrammedWhenAllReplicasAreOfThePresentSpec() throws {
        let done = #"{"observedGeneration":2,"replicas":3,"updatedReplicas":3,"availableReplicas":3}"#
        #expect(try programmed(done) == .true)
        // What is observed then is of before.
        #expect(try programmed(done, isNew: true) == .unknown)
        // An autoscaler has added one.
        #expect(
            try programmed(#"{"observedGeneration":2,"replicas":4,"updatedReplicas":4,"availableReplicas":3}"#) == .true
        )
        #expect(
            try programmed(#"{"observedGeneration":2,"replicas":3,"updatedReplicas":1,"availableReplicas":2}"#)
                == .unknown)
        #expect(
            try programmed(#"{"observedGeneration":1,"replicas":2,"updatedReplicas":2,"availableReplicas":2}"#)
                == .unknown)
        #expect(try programmed("{}") == .unknown)
        #expect(GatewayHealth.programmed("d", nil, isNew: false).status == .unknown)
    }

    private func exposed(
        _ exposure: TelegramGatewaySpec.Exposure?, _ status: String?, hasKind: Bool = true
    ) throws -> String? {
        var gateway = Samples.gateway
        gateway.spec.exposure = exposure
        let found = GatewayHealth.exposed(
            GatewayContext(gateway: gateway, image: "i"), try status.map { try observed($0) }, hasKind: hasKind)
        return found.map { "\($0.verdict.status.rawValue)/\($0.verdict.reason) \($0.address ?? "-")" }
    }

    @Test func whatExposesTheGatewaySaysWhereItIs() throws {
        #expect(try exposed(nil, nil) == nil)
        #expect(try exposed(.init(type: .none), nil) == nil)
        let address = #"{"loadBalancer":{"ingress":[{"ip":"192.0.2.1"}]}}"#
        #expect(try exposed(.init(type: .loadBalancer), nil) == "Unknown/AddressPending -")
        #expect(try exposed(.init(type: .loadBalancer), #"{"loadBalancer":{}}"#) == "Unknown/AddressPending -")
        #expect(try exposed(.init(type: .loadBalancer), address) == "True/LoadBalancerReady 192.0.2.1")
        #expect(
            try exposed(.init(type: .ingress), #"{"loadBalancer":{"ingress":[{"hostname":"lb.example.org"}]}}"#)
                == "True/IngressMade lb.example.org")
        #expect(try exposed(.init(type: .ingress), nil) == "True/IngressMade -")
    }

    @Test func aRouteMustBeAccepted() throws {
        let exposure = TelegramGatewaySpec.Exposure(type: .httpRoute, parentRef: .init(name: "edge"))
        func status(_ accepted: String, _ resolved: String) -> String {
            """
            {"parents":[{"conditions":[{"type":"Accepted","status":"\(accepted)","reason":"A"},
            {"type":"ResolvedRefs","status":"\(resolved)","reason":"R"}]}]}
            """
        }
        #expect(try exposed(exposure, nil, hasKind: false) == "False/HTTPRouteUnknown -")
        #expect(try exposed(exposure, nil) == "Unknown/RoutePending -")
        #expect(try exposed(exposure, status("True", "True")) == "True/RouteAccepted -")
        #expect(try exposed(exposure, status("False", "True")) == "False/A -")
        #expect(try exposed(exposure, status("True", "False")) == "False/R -")
    }

    @Test func aGatewayDeployedByOthersNeedsItsBrokersOnly() {
        var set = ConditionSet(previous: [], generation: 1, now: "now", of: .externalGateway)
        set.set(.kafkaReady, .true, "BrokersAnswer", "m")
        set.summarize(failure: nil)
        #expect(set[.ready]?.status == .true)
        var managed = ConditionSet(previous: [], generation: 1, now: "now", of: .gateway)
        for type: ConditionType in [.kafkaReady, .workloadReady, .programmed] { managed.set(type, .true, "R", "m") }
        managed.summarize(failure: nil)
        #expect(managed[.ready]?.status == .true)
        managed.set(.exposed, .unknown, "AddressPending", "m")
        managed.summarize(failure: nil)
        #expect(managed[.ready]?.reason == "AddressPending")
        #expect(managed[.reconciling]?.status == .true)
        managed.set(.kafkaReady, .false, "KafkaUnavailable", "m")
        managed.summarize(failure: nil)
        #expect(managed[.ready]?.reason == "KafkaUnavailable")
    }

    @Test func namespacesThatAreNotAllowedAreRefused() throws {
        var gateway = Samples.gateway
        let bot = Samples.bot { $0.spec.gatewayRef = .init(name: "main", namespace: "tgs") }
        #expect(throws: Never.self) { try GatewayPlan.choose(bot, named: gateway, byDefault: nil) }
        gateway.spec.allowedNamespaces = ["shop", "bots"]
        #expect(throws: Never.self) { try GatewayPlan.choose(bot, named: gateway, byDefault: nil) }
        for allowed in [[], ["shop"]] {
            gateway.spec.allowedNamespaces = allowed
            let failure = #expect(throws: StepFailure.self) {
                try GatewayPlan.choose(bot, named: gateway, byDefault: nil)
            }
            #expect(failure?.reason == "NamespaceNotAllowed" && failure?.retry == .onChange)
            #expect(throws: StepFailure.self) {
                try GatewayPlan.choose(Samples.bot(), named: nil, byDefault: gateway)
            }
        }
    }

    @Test func whatTheOperatorWritesIntoTheStatusIsNoNews() {
        let old = Samples.gateway
        var new = old
        new.status = TelegramGatewayStatus()
        new.metadata.resourceVersion = "2"
        #expect(!TelegramGateway.isNews(old, new))
        #expect(TelegramGateway.isNews(nil, new))
        new.spec.publicURL = "https://other"
        #expect(TelegramGateway.isNews(old, new))
        new = old
        new.metadata.annotations = [Annotations.defaultGateway: "true"]
        #expect(TelegramGateway.isNews(old, new))
    }
}
