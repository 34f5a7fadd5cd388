import Foundation
import JSON
import KubernetesTypes
import PlatformAPI
import Testing

@testable import ControllerRuntime
@testable import Operator

/// What a gateway consists of, compared with the files in `Golden`: see ``ManifestTests``.
@Suite struct GatewayManifestTests {
    private static let newKinds = GatewayContext.Kinds(
        budget: DisruptionBudgetForm(.init(PodDisruptionBudget<PolicyV1>.definition, serverMinor: 30)),
        autoscaler: GatewayPart.autoscaler.definitions[0], httpRoute: GatewayPart.httpRoute.definitions[0])

    private func context(
        _ gateway: TelegramGateway = Samples.gateway, kinds: GatewayContext.Kinds = newKinds, secrets: String? = nil,
        _ change: (inout TelegramGatewaySpec) -> Void = { _ in }
    ) -> GatewayContext {
        var gateway = gateway
        gateway.metadata.uid = "uid-of-main"
        change(&gateway.spec)
        return GatewayContext(gateway: gateway, image: "registry/tgs:1", secretFingerprint: secrets, kinds: kinds)
    }

    private func all(_ context: GatewayContext) -> [StatedObject] {
        GatewayPart.allCases.flatMap { GatewayManifests.objects($0, context) }
    }

    /// "Kind name" of all that is made.
    private func names(_ context: GatewayContext) -> [String] {
        all(context).map { "\($0.definition.kind) \($0.key.name)" }
    }

    private func expect(_ context: GatewayContext, toBe name: String) throws {
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Golden/\(name).json")
        let objects = try all(context).map {
            try JSONDecoder().decode(JSONValue.self, from: Data(Applier.stamped($0)))
        }
        let text = try Samples.pretty(JSONValue.array(objects))
        if ProcessInfo.processInfo.environment["UPDATE_GOLDEN"] == "1" { try Data(text.utf8).write(to: file) }
        #expect(try text == String(contentsOf: file, encoding: .utf8), "\(file.lastPathComponent) differs")
    }

    @Test func aGatewayWithoutMoreIsAsWrittenDown() throws { try expect(context(), toBe: "gateway") }

    @Test func aGatewayWithAllIsAsWrittenDown() throws {
        let context = context(Samples.securedGateway, secrets: "versions") {
            $0.imagePullPolicy = .always
            $0.imagePullSecrets = [LocalObjectReference(name: "registry")]
            $0.replicas = .init(min: 3, max: 9, targetCPU: 70)
            $0.resources = ResourceRequirements(requests: ["cpu": 1], limits: ["memory": "1Gi"])
            $0.env = [
                EnvVar(name: "TGS_DRAIN_DELAY", value: "10s"),
                EnvVar(
                    name: "OTEL_EXPORTER_OTLP_HEADERS",
                    valueFrom: EnvVarSource(secretKeyRef: KeySelector(name: "otel", key: "headers"))),
            ]
            $0.template = ["spec": ["priorityClassName": "high", "containers": [["name": "gateway", "tty": true]]]]
            $0.redis = .init(urlSecretRef: .init(name: "redis"))
            $0.exposure = .init(
                type: .ingress, annotations: ["cert-manager.io/cluster-issuer": "public"], ingressClassName: "nginx",
                tlsSecretName: "bots-tls")
        }
        try expect(context, toBe: "gateway-full")
    }

    @Test func theSameContextGivesTheSameBytes() throws {
        let first = try all(context()).map { try Applier.stamped($0) }
        for _ in 0..<10 { #expect(try all(context()).map { try Applier.stamped($0) } == first) }
    }

    @Test func everythingIsOwnedAndFoundAgain() throws {
        for object in all(context { $0.replicas = .init(max: 5) }) {
            #expect(object.metadata.ownerReferences?.map(\.uid) == ["uid-of-main"])
            #expect(object.metadata.namespace == "tgs")
            let seen = try ObservedGatewayObject(json: Applier.stamped(object))
            #expect(seen.gateway == "main")
            #expect(try ApplyDifference(object, observed: seen.digest).kind == .none)
            var changed = object
            changed.metadata.labels?[Labels.instance] = "other"
            #expect(try ApplyDifference(changed, observed: seen.digest).kind == .wish)
            #expect(
                try ApplyDifference(object, observed: LeafDigest(json: Applier.stamped(changed))).kind == .wish,
                "\(object.definition.kind)")
        }
    }

    @Test func onlyTheFirstApplyStatesReplicas() {
        let (first, later) = (
            GatewayManifests.deployment(context(), replicas: 3), GatewayManifests.deployment(context())
        )
        #expect(first.content["spec"]?["replicas"] == 3)
        #expect(first.metadata.annotations?[Annotations.replicasHandedOver] == nil)
        #expect(later.content["spec"]?["replicas"] == nil)
        #expect(later.metadata.annotations?[Annotations.replicasHandedOver] == "true")
        #expect(first.content["spec"]?["template"] == later.content["spec"]?["template"])
    }

    @Test(arguments: [("v2", true), ("v2beta2", true), ("v1", false)])
    func theAutoscalerIsAsTheServersVersionWantsIt(version: String, hasMetrics: Bool) throws {
        var kinds = Self.newKinds
        kinds.autoscaler = GatewayPart.autoscaler.definitions.first { $0.version == version }
        let scaled = context(kinds: kinds) { $0.replicas = .init(min: 2, max: 6) }
        let object = try #require(GatewayManifests.autoscaler(scaled))
        #expect(object.definition.apiVersion == "autoscaling/\(version)")
        let spec = try #require(object.content["spec"])
        #expect(spec["minReplicas"] == 2 && spec["maxReplicas"] == 6)
        #expect(spec["scaleTargetRef"]?["name"] == "gateway-main")
        let metric = spec["metrics"]?.arrayValue?.first?["resource"]?["target"]
        #expect(metric?["averageUtilization"] == (hasMetrics ? 80 : nil))
        #expect(spec["targetCPUUtilizationPercentage"] == (hasMetrics ? nil : 80))
    }

    @Test func aFixedNumberHasNoAutoscaler() {
        #expect(GatewayManifests.autoscaler(context()) == nil)
        #expect(GatewayManifests.autoscaler(context { $0.replicas = .init(min: 4, max: 4) }) == nil)
        #expect(GatewayManifests.autoscaler(context(kinds: .init()) { $0.replicas = .init(max: 4) }) == nil)
    }

    @Test func oneReplicaNeedsNoBudget() {
        #expect(GatewayManifests.disruptionBudget(context()) != nil)
        #expect(GatewayManifests.disruptionBudget(context { $0.replicas = .init(min: 1) }) == nil)
        #expect(GatewayManifests.disruptionBudget(context { $0.replicas = .init(min: 1, max: 2) }) != nil)
        #expect(GatewayManifests.disruptionBudget(context(kinds: .init())) == nil)
    }

    @Test func theNetworkPolicyCanBeLeftOut() {
        #expect(names(context()).contains("NetworkPolicy gateway-main"))
        #expect(!names(context { $0.networkPolicy = false }).contains("NetworkPolicy gateway-main"))
    }

    @Test func aLoadBalancerLeadsToWebhooksAlone() throws {
        let balanced = context {
            $0.publicURL = "https://bots.example.org:8443"
            $0.exposure = .init(type: .loadBalancer, annotations: ["a": "b"])
        }
        let services = GatewayManifests.services(balanced)
        #expect(services.map(\.key.name) == ["gateway-main", "gateway-main-proxy", "gateway-main-public"])
        let open = try #require(services.last)
        #expect(open.content["spec"]?["type"] == "LoadBalancer")
        #expect(open.metadata.annotations == ["a": "b"])
        let ports = try #require(open.content["spec"]?["ports"]?.arrayValue)
        #expect(ports.map { $0["port"] } == [8443])
        #expect(ports.map { $0["targetPort"] } == ["webhook"])
        #expect(GatewayManifests.services(context()).count == 2)
    }

    @Test func anHTTPRouteTakesThePathAway() throws {
        let routed = context {
            $0.publicURL = "https://example.org/bots"
            $0.exposure = .init(
                type: .httpRoute, parentRef: .init(name: "edge", namespace: "infra", sectionName: "https"))
        }
        let spec = try #require(GatewayManifests.httpRoute(routed)?.content["spec"])
        #expect(spec["hostnames"] == ["example.org"])
        #expect(spec["parentRefs"] == [["name": "edge", "namespace": "infra", "sectionName": "https"]])
        let rule = try #require(spec["rules"]?.arrayValue?.first)
        #expect(rule["matches"] == [["path": ["type": "PathPrefix", "value": "/bots/webhook"]]])
        let filter = rule["filters"]?.arrayValue?.first
        #expect(filter?["urlRewrite"]?["path"]?["replacePrefixMatch"] == "/webhook")
        #expect(!names(routed).contains { $0.hasPrefix("Ingress") })

        // Without a path there is nothing to take away; without the kind there is no route.
        let plain = context { $0.exposure = .init(type: .httpRoute, parentRef: .init(name: "edge")) }
        let plainRule = GatewayManifests.httpRoute(plain)?.content["spec"]?["rules"]?.arrayValue?.first
        #expect(plainRule != nil && plainRule?["filters"] == nil)
        var kinds = Self.newKinds
        kinds.httpRoute = nil
        let without = context(kinds: kinds) {
            $0.exposure = .init(type: .httpRoute, parentRef: .init(name: "edge"))
        }
        #expect(GatewayManifests.httpRoute(without) == nil)
    }

    @Test func secretsAreFilesAndNeverText() throws {
        let secured = context(Samples.securedGateway, secrets: "versions")
        let arguments = GatewayManifests.arguments(secured)
        for flag in [
            "--kafka-tls", "--kafka-ca-file=/kafka/ca.crt", "--kafka-certificate-file=/kafka/client.crt",
            "--kafka-key-file=/kafka/client.key", "--kafka-sasl-mechanism=SCRAM-SHA-512",
            "--kafka-sasl-username-file=/kafka/username", "--kafka-sasl-password-file=/kafka/password",
        ] { #expect(arguments.contains(flag)) }
        let text = String(decoding: try JSONEncoder().encode(GatewayManifests.deployment(secured)), as: UTF8.self)
        #expect(!text.contains("hunter2") && !text.contains("BEGIN"))
        #expect(GatewayManifests.volumes(context()).isEmpty)
    }

    @Test func anotherVersionOfASecretRollsThePods() throws {
        func annotation(_ secrets: String?) -> JSONValue? {
            GatewayManifests.deployment(context(secrets: secrets)).content["spec"]?["template"]?["metadata"]?[
                "annotations"]?[Annotations.secretHash]
        }
        #expect(annotation("one") == "one")
        #expect(annotation("two") == "two")
        #expect(annotation(nil) == nil)
    }

    /// The pod passes Kubernetes' Pod Security Standard `restricted`.
    @Test func podsAreRestricted() throws {
        let pod = try #require(GatewayManifests.deployment(context()).content["spec"]?["template"]?["spec"])
        #expect(pod["securityContext"]?["runAsNonRoot"] == true)
        #expect(pod["securityContext"]?["seccompProfile"]?["type"] == "RuntimeDefault")
        let containers = try #require(pod["containers"]?.arrayValue)
        for container in containers {
            let security = try #require(container["securityContext"])
            #expect(security["allowPrivilegeEscalation"] == false)
            #expect(security["readOnlyRootFilesystem"] == true)
            #expect(security["capabilities"]?["drop"] == ["ALL"])
        }
        #expect(containers.count == 1)
    }
}
