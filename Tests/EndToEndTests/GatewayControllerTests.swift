import Foundation
import JSON
import KubernetesClient
import KubernetesTypes
import PlatformAPI
import Simulator
import TestRig
import Testing

/// The controller of TelegramGateways on a real API server, of 1.20. There is no kubelet: what a Deployment or a load balancer
/// would say of itself is written by the tests.
@Suite(.serialized) struct GatewayControllerTests {
    private static let image = "registry.example.org/tgs:1"

    /// A gateway beside that of ``Platform``.
    private static func manifest(_ more: String) -> String {
        """
        apiVersion: telegram-serverless.io/v1alpha1
        kind: TelegramGateway
        metadata: {name: edge, namespace: tgs-system}
        spec:
          publicURL: https://edge.example.org
        \(more)
        """
    }

    private static func kafka(_ platform: Platform, _ more: String = "") -> String {
        "  kafka: {bootstrapServers: \"\(platform.broker.bootstrapServers)\", replicationFactor: 1\(more)}"
    }

    private static func condition(
        _ type: ConditionType, _ platform: Platform, of name: String = "edge"
    ) async throws -> String? {
        try await platform.client.find(TelegramGateway.self, ObjectKey(namespace: "tgs-system", name: name))?.status?
            .conditions?.first { $0.type == type.rawValue }.map { "\($0.status.rawValue)/\($0.reason)" }
    }

    private static func waitFor(
        _ type: ConditionType, _ platform: Platform, of name: String = "edge", _ expected: String
    ) async throws {
        try await platform.eventually("\(type.rawValue) of \(name) is \(expected)") {
            let present = try await condition(type, platform, of: name)
            return present == expected ? nil : present ?? "absent"
        }
    }

    private static func get(_ kind: String, _ name: String, _ platform: Platform) async throws -> JSONValue {
        let text = try await platform.controlPlane.kubectl(
            "get", kind, name, "-n", "tgs-system", "-o", "json", "--ignore-not-found")
        return text.isEmpty ? .null : try JSONDecoder().decode(JSONValue.self, from: Data(text.utf8))
    }

    /// All that is made for gateways, as "Kind name", with the resourceVersions.
    private static func owned(_ platform: Platform) async throws -> [String: String] {
        let text = try await platform.controlPlane.kubectl(
            "get",
            "deployments,services,serviceaccounts,roles,rolebindings,poddisruptionbudgets,"
                + "horizontalpodautoscalers,networkpolicies,ingresses", "-n", "tgs-system", "-l",
            "\(Labels.managedBy)=\(Labels.managedByValue),\(Labels.component)=\(Labels.gatewayComponent)", "-o", "json")
        let list = try JSONDecoder().decode(JSONValue.self, from: Data(text.utf8))
        return (list["items"]?.arrayValue ?? []).reduce(into: [:]) { found, item in
            let name = "\(item["kind"]?.stringValue ?? "") \(item["metadata"]?["name"]?.stringValue ?? "")"
            found[name] = item["metadata"]?["resourceVersion"]?.stringValue
        }
    }

    private static let whole = [
        "Deployment gateway-edge", "HorizontalPodAutoscaler gateway-edge", "NetworkPolicy gateway-edge",
        "PodDisruptionBudget gateway-edge", "Role gateway-edge", "RoleBinding gateway-edge", "Service gateway-edge",
        "Service gateway-edge-proxy", "Service gateway-edge-public", "ServiceAccount gateway-edge",
    ]

    /// Of the Gateway API the one kind that is needed, of any shape.
    private static let routes = """
        apiVersion: apiextensions.k8s.io/v1
        kind: CustomResourceDefinition
        metadata:
          name: httproutes.gateway.networking.k8s.io
          annotations: {api-approved.kubernetes.io: "https://github.com/kubernetes-sigs/gateway-api/pull/2997"}
        spec:
          group: gateway.networking.k8s.io
          names: {kind: HTTPRoute, listKind: HTTPRouteList, plural: httproutes, singular: httproute}
          scope: Namespaced
          versions:
            - name: v1
              served: true
              storage: true
              subresources: {status: {}}
              schema:
                openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}
        """

    /// Says of the Deployment what its controller would once all pods are ready.
    private static func reportReady(_ replicas: Int, _ platform: Platform) async throws {
        let key = ObjectKey(namespace: "tgs-system", name: "gateway-edge")
        let generation = try await platform.client.get(Deployment.self, key).metadata.generation ?? 0
        let count = JSONValue.int(Int64(replicas))
        _ = try await platform.client.rawPatch(
            Deployment.definition, key,
            .merge([
                "status": [
                    "observedGeneration": .int(generation), "replicas": count, "updatedReplicas": count,
                    "readyReplicas": count, "availableReplicas": count,
                ]
            ]), subresource: .status)
    }

    @Test(.timeLimit(.minutes(5))) func aGatewayIsMadeKeptAndLeftAlone() async throws {
        try await Platform.with(.init(keda: false, startsGateway: false)) { platform in
            let spec =
                "\(Self.kafka(platform))\n  image: \(Self.image)\n  replicas: {min: 2, max: 5}\n"
                + "  exposure: {type: LoadBalancer, annotations: {example.org/scheme: internet-facing}}"
            try await platform.apply(Self.manifest(spec))
            try await platform.eventually("all is made") {
                let names = try await Self.owned(platform).keys.sorted()
                return names == Self.whole ? nil : "\(names)"
            }
            try await Self.waitFor(.workloadReady, platform, "Unknown/RollingOut")
            try await Self.waitFor(.exposed, platform, "Unknown/AddressPending")
            try await Self.waitFor(.kafkaReady, platform, "True/BrokersAnswer")
            #expect(try await Self.condition(.ready, platform)?.hasPrefix("False/") == true)

            // Nobody of ours owns the number of replicas once the autoscaler is there.
            let deployment = try await Self.get("deployment", "gateway-edge", platform)
            #expect(deployment["spec"]?["replicas"] == 2)
            let owner = deployment["metadata"]?["ownerReferences"]?.arrayValue?.first
            #expect(owner?["kind"] == "TelegramGateway" && owner?["name"] == "edge" && owner?["controller"] == true)
            let scaler = try await Self.get("horizontalpodautoscalers.v2beta2.autoscaling", "gateway-edge", platform)
            #expect(scaler["spec"]?["metrics"]?.arrayValue?.first?["resource"]?["name"] == "cpu")

            // Its pods are there, and the load balancer.
            try await Self.reportReady(2, platform)
            _ = try await platform.client.rawPatch(
                GatewayServices.definition, ObjectKey(namespace: "tgs-system", name: "gateway-edge-public"),
                .merge(["status": ["loadBalancer": ["ingress": [["ip": "192.0.2.7"]]]]]), subresource: .status)
            try await Self.waitFor(.ready, platform, "True/Ready")
            let gateway = try await platform.client.get(
                TelegramGateway.self, ObjectKey(namespace: "tgs-system", name: "edge"))
            #expect(gateway.status?.address == "192.0.2.7")
            #expect(gateway.status?.replicas == .init(current: 2, ready: 2, min: 2, max: 5))

            // A new operator looks at everything and writes nothing; nor does the same apply again.
            let before = try await Self.owned(platform)
            await platform.process("operator")?.terminate()
            try await platform.startOperator(["--log-level", "debug"])
            try await platform.makeBot("after")
            try await platform.apply(Platform.manifest("after"))
            try await platform.waitFor(.webhookReady, of: "after", "True/WebhookSet")
            try await platform.apply(Self.manifest(spec))
            try await Self.settle(platform)
            #expect(try await Self.owned(platform) == before)

            // What somebody changes is put back, what somebody deletes is made again. The autoscaler's number stays.
            _ = try await platform.controlPlane.kubectl(
                "patch", "role", "gateway-edge", "-n", "tgs-system", "--type=json", "-p",
                #"[{"op":"replace","path":"/rules/0/verbs","value":["get"]}]"#)
            _ = try await platform.controlPlane.kubectl("delete", "service", "gateway-edge", "-n", "tgs-system")
            _ = try await platform.controlPlane.kubectl(
                "scale", "deployment", "gateway-edge", "-n", "tgs-system", "--replicas=4")
            _ = try await platform.controlPlane.kubectl(
                "set", "image", "deployment/gateway-edge", "-n", "tgs-system", "gateway=example.org/other:1")
            try await platform.eventually("all is put back") {
                let role = try await Self.get("role", "gateway-edge", platform)
                guard role["rules"]?.arrayValue?.first?["verbs"] == ["get", "list", "watch"] else { return "the role" }
                guard try await Self.get("service", "gateway-edge", platform) != .null else { return "the Service" }
                let deployment = try await Self.get("deployment", "gateway-edge", platform)
                let pod = deployment["spec"]?["template"]?["spec"]
                return pod?["containers"]?.arrayValue?.first?["image"] == .string(Self.image) ? nil : "the image"
            }
            #expect(try await Self.get("deployment", "gateway-edge", platform)["spec"]?["replicas"] == 4)
        }
    }

    /// Until the operator has had the time to write what it should not: it has looked at a change that comes later.
    private static func settle(_ platform: Platform) async throws {
        try await platform.apply(
            manifest("\(kafka(platform))\n  managed: false").replacing("name: edge", with: "name: later"))
        try await waitFor(.ready, platform, of: "later", "True/Ready")
    }

    @Test(.timeLimit(.minutes(5))) func whatIsNoLongerWantedGoes() async throws {
        try await Platform.with(.init(keda: false, startsGateway: false)) { platform in
            await platform.process("operator")?.terminate()
            try await platform.startOperator(["--image", "registry.example.org/own:7"])
            try await platform.apply(
                Self.manifest("\(Self.kafka(platform))\n  replicas: {min: 2, max: 5}\n  exposure: {type: LoadBalancer}")
            )
            try await platform.eventually("all is made") {
                let names = try await Self.owned(platform).keys.sorted()
                return names == Self.whole ? nil : "\(names)"
            }
            // A gateway that names no image runs the operator's.
            let pod = try await Self.get("deployment", "gateway-edge", platform)["spec"]?["template"]?["spec"]
            #expect(pod?["containers"]?.arrayValue?.first?["image"] == "registry.example.org/own:7")

            try await platform.apply(
                Self.manifest(
                    "\(Self.kafka(platform))\n  replicas: {min: 1}\n  networkPolicy: false\n"
                        + "  exposure: {type: Ingress, ingressClassName: nginx, tlsSecretName: edge-tls}"))
            try await platform.eventually("what is no longer wanted is gone") {
                let names = try await Self.owned(platform).keys.sorted()
                let wanted = [
                    "Deployment gateway-edge", "Ingress gateway-edge", "Role gateway-edge", "RoleBinding gateway-edge",
                    "Service gateway-edge", "Service gateway-edge-proxy", "ServiceAccount gateway-edge",
                ]
                return names == wanted ? nil : "\(names)"
            }
            // A fixed number is the operator's again.
            try await platform.eventually("one replica is wanted") {
                let deployment = try await Self.get("deployment", "gateway-edge", platform)
                return deployment["spec"]?["replicas"] == 1 ? nil : "\(deployment["spec"]?["replicas"] ?? .null)"
            }
            let ingress = try await Self.get("ingresses.networking.k8s.io", "gateway-edge", platform)["spec"]
            #expect(ingress?["tls"] == [["hosts": ["edge.example.org"], "secretName": "edge-tls"]])
            #expect(ingress?["rules"]?.arrayValue?.first?["host"] == "edge.example.org")

            // Without the Gateway API there are no routes, which only somebody else can change.
            try await platform.apply(
                Self.manifest(
                    "\(Self.kafka(platform))\n  replicas: {min: 1}\n"
                        + "  exposure: {type: HTTPRoute, parentRef: {name: edge}}"))
            try await Self.waitFor(.exposed, platform, "False/HTTPRouteUnknown")

            // Once they are there the gateway has one, and works when its Gateway takes it.
            try await platform.apply(Self.routes)
            try await Self.waitFor(.exposed, platform, "Unknown/RoutePending")
            let route = try await Self.get("httproutes.gateway.networking.k8s.io", "gateway-edge", platform)
            #expect(route["spec"]?["hostnames"] == ["edge.example.org"])
            _ = try await platform.client.rawPatch(
                ResourceDefinition(
                    group: "gateway.networking.k8s.io", version: "v1", kind: "HTTPRoute", plural: "httproutes"),
                ObjectKey(namespace: "tgs-system", name: "gateway-edge"),
                .merge(["status": ["parents": [["conditions": [["type": "Accepted", "status": "True"]]]]]]),
                subresource: .status)
            try await Self.waitFor(.exposed, platform, "True/RouteAccepted")

            // Run by others from now on: what was made for it goes.
            try await platform.apply(Self.manifest("\(Self.kafka(platform))\n  managed: false"))
            try await platform.eventually("all is gone") {
                let names = try await Self.owned(platform).keys.sorted()
                return names.isEmpty ? nil : "\(names)"
            }
            try await Self.waitFor(.ready, platform, "True/Ready")
            #expect(try await Self.condition(.workloadReady, platform) == nil)
        }
    }

    @Test(.timeLimit(.minutes(5))) func whatStandsInTheWayIsSaid() async throws {
        try await Platform.with(.init(keda: false, startsGateway: false)) { platform in
            // Old API servers let it through.
            try await platform.apply(
                Self.manifest("\(Self.kafka(platform))\n  image: i\n  replicas: {min: 3, max: 2}"))
            try await Self.waitFor(.ready, platform, "False/InvalidSpec")
            try await Self.waitFor(.stalled, platform, "True/InvalidSpec")
            #expect(try await Self.owned(platform).isEmpty)

            // No image is known.
            try await platform.apply(Self.manifest("\(Self.kafka(platform))\n  replicas: {min: 1}"))
            try await Self.waitFor(.workloadReady, platform, "False/ImageUnknown")

            // Credentials that are missing.
            let login = "credentialsSecretRef: {name: edge-login}"
            let spec =
                "\(Self.kafka(platform, ", sasl: {mechanism: PLAIN, \(login)}"))\n  image: \(Self.image)\n"
                + "  replicas: {min: 1}\n  redis: {urlSecretRef: {name: edge-redis}}"
            try await platform.apply(Self.manifest(spec))
            try await Self.waitFor(.kafkaReady, platform, "False/KafkaCredentialsMissing")
            #expect(try await Self.owned(platform).isEmpty)

            // Somebody else's object of the same name is left alone.
            _ = try await platform.controlPlane.kubectl(
                "create", "serviceaccount", "gateway-edge", "-n", "tgs-system")
            func applySecret(_ name: String, _ key: String, _ value: String) async throws {
                try await platform.apply(
                    """
                    apiVersion: v1
                    kind: Secret
                    metadata: {name: \(name), namespace: tgs-system}
                    stringData: {username: edge, \(key): "\(value)"}
                    """)
            }
            try await applySecret("edge-login", "password", "hunter-one")
            try await Self.waitFor(.workloadReady, platform, "False/ServiceAccountNotOwned")
            _ = try await platform.controlPlane.kubectl(
                "delete", "serviceaccount", "gateway-edge", "-n", "tgs-system")
            try await applySecret("edge-redis", "url", "redis://:hunter-redis@redis:6379")
            try await platform.eventually("the gateway is made") {
                try await Self.owned(platform).keys.contains("Deployment gateway-edge") ? nil : "no"
            }

            // New credentials roll the pods. Nothing says them.
            func hash() async throws -> String? {
                try await Self.get("deployment", "gateway-edge", platform)["spec"]?["template"]?["metadata"]?[
                    "annotations"]?[Annotations.secretHash]?.stringValue
            }
            for (secret, key, value) in [
                ("edge-login", "password", "hunter-two"), ("edge-redis", "url", "redis://:hunter-new@redis:6379"),
            ] {
                let before = try await hash()
                try await applySecret(secret, key, value)
                try await platform.eventually("\(secret) rolls the pods") {
                    let now = try await hash()
                    return now != before && now != nil ? nil : now ?? "absent"
                }
            }
            let said = try await platform.controlPlane.kubectl(
                "get", "telegramgateways,deployments,events", "-n", "tgs-system", "-o", "yaml")
            #expect(!said.contains("hunter"))
            #expect(!(try platform.log("operator")).contains("hunter"))
        }
    }

    @Test(.timeLimit(.minutes(5))) func onlyBotsOfAllowedNamespacesAreBound() async throws {
        try await Platform.with(.init(keda: false, startsGateway: false)) { platform in
            let bot = try await platform.makeBot("guest")
            let binding = ObjectKey(namespace: "tgs-system", name: BotID(number: bot.id).bindingName)
            try await platform.applyGateway(more: "  allowedNamespaces: [shop]")
            try await platform.apply(Platform.manifest("guest"))
            try await platform.waitFor(.gatewayReady, of: "guest", "False/NamespaceNotAllowed")
            #expect(try await platform.client.find(Secret.self, binding) == nil)

            func bots() async throws -> Int? {
                try await platform.client.find(
                    TelegramGateway.self, ObjectKey(namespace: "tgs-system", name: "main"))?.status?.bots
            }
            try await platform.applyGateway(more: "  allowedNamespaces: [shop, bots]")
            try await platform.waitFor(.webhookReady, of: "guest", "True/WebhookSet")
            #expect(try await platform.client.find(Secret.self, binding) != nil)
            try await platform.eventually("the gateway counts its bot") {
                let count = try await bots()
                return count == 1 ? nil : "\(count ?? -1)"
            }

            try await platform.applyGateway(more: "  allowedNamespaces: []")
            try await platform.waitFor(.gatewayReady, of: "guest", "False/NamespaceNotAllowed")
            try await platform.eventually("the gateway knows the bot no more") {
                try await platform.client.find(Secret.self, binding) == nil ? nil : "it does"
            }
            try await platform.eventually("the gateway counts no bot") {
                let count = try await bots()
                return count == 0 ? nil : "\(count ?? -1)"
            }
        }
    }

    /// The gateway's process with the account that is made for it, the operator with the rights of its role.
    @Test(.timeLimit(.minutes(5))) func theRolesThatAreMadeAreEnough() async throws {
        try await Platform.with(.init(keda: false, startsGateway: false)) { platform in
            await platform.process("operator")?.terminate()
            let rights = try String(contentsOfFile: "\(Platform.packageRoot)/deploy/demo/rbac.yaml", encoding: .utf8)
            try await platform.apply(rights)
            let folder = try TestFolder.make("role")
            defer { TestFolder.remove(folder) }
            func kubeconfig(_ account: String) async throws -> String {
                let token = try await platform.controlPlane.makeServiceAccountToken(
                    namespace: "tgs-system", name: account)
                let file = "\(folder)/\(account)"
                try platform.controlPlane.kubeconfigText(token: token, namespace: "tgs-system").write(
                    toFile: file, atomically: true, encoding: .utf8)
                return file
            }
            try await platform.startOperator(["--image", Self.image], kubeconfig: try await kubeconfig("operator"))
            try await platform.applyGateway(more: "  replicas: {min: 1, max: 3}\n  exposure: {type: LoadBalancer}")
            try await platform.eventually("the gateway's account is made") {
                try await Self.owned(platform).keys.contains("RoleBinding gateway-main") ? nil : "no"
            }
            try await platform.applyGateway(more: "  replicas: {min: 1}")
            try await platform.eventually("the autoscaler is gone") {
                let names = try await Self.owned(platform).keys
                return names.contains { $0.hasPrefix("HorizontalPod") || $0.hasSuffix("-public") } ? "no" : nil
            }

            let port = try LoopbackPort.free()
            try await platform.startGateway(healthPort: port, kubeconfig: try await kubeconfig("gateway-main"))
            let bot = try await platform.makeBot("guest")
            try await platform.apply(Platform.manifest("guest", more: "  updates: {mode: Polling}"))
            try await platform.waitFor(.webhookReady, of: "guest", "True/Polling")
            try await platform.eventually("the gateway polls for the bot, by Leases and a binding") {
                try platform.simulator.state(of: bot.id).isPolling ? nil : "no"
            }
            // In its own namespace alone.
            let elsewhere = try await platform.controlPlane.kubectl(
                "auth", "can-i", "--list", "--as=system:serviceaccount:tgs-system:gateway-main", "-n", "bots")
            #expect(!elsewhere.contains("secrets"))
        }
    }
}

/// A Service, of which only the coordinates are needed.
private enum GatewayServices {
    static let definition = ResourceDefinition(group: "", version: "v1", kind: "Service", plural: "services")
}
