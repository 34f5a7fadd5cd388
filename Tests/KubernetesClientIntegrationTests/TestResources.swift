import JSON
import KubernetesClient
import KubernetesTypes
import Observability
import TestRig

struct ConfigMap: KubernetesResource, Equatable {
    static let definition = ResourceDefinition(group: "", version: "v1", kind: "ConfigMap", plural: "configmaps")
    var metadata: ObjectMeta
    var data: [String: String]?

    init(_ name: String, in namespace: String, labels: [String: String]? = nil, data: [String: String]? = nil) {
        metadata = ObjectMeta(name: name, namespace: namespace, labels: labels)
        self.data = data
    }
}

struct Namespace: KubernetesResource {
    static let definition = ResourceDefinition(
        group: "", version: "v1", kind: "Namespace", plural: "namespaces", isNamespaced: false)
    var metadata: ObjectMeta
}

struct Deployment: KubernetesResource {
    static let definition = ResourceDefinition(
        group: "apps", version: "v1", kind: "Deployment", plural: "deployments")
    struct Spec: Codable { var replicas: Int? }
    struct Status: Codable, Equatable { var replicas: Int?; var observedGeneration: Int64? }

    var metadata: ObjectMeta
    var spec: Spec?
    var status: Status?

    /// The smallest Deployment that the API server takes.
    static func json(_ name: String, image: String = "x:1", replicas: Int = 1) -> [UInt8] {
        Array(
            """
            {"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"\(name)"},"spec":{"replicas":\(replicas),
            "selector":{"matchLabels":{"a":"b"}},"template":{"metadata":{"labels":{"a":"b"}},
            "spec":{"automountServiceAccountToken":false,"containers":[{"name":"c","image":"\(image)",
            "env":[{"name":"E","value":""}],"ports":[{"containerPort":8080}],
            "resources":{"limits":{"cpu":"1000m","memory":"1024Mi"},"requests":{"cpu":"0.5"}}}]}}}}
            """.utf8)
    }
}

extension ControlPlane {
    func client(token: String? = nil) throws -> KubernetesClient {
        try KubernetesClient(try .kubeconfig(text: kubeconfigText(token: token)), logger: .silent)
    }
}

/// Runs `body` with an administrator's client and a namespace of its own.
func withClient(_ body: (KubernetesClient, String) async throws -> Void) async throws {
    let plane = try await ControlPlane.shared
    let client = try plane.client()
    try await plane.withNamespace { namespace in try await body(client, namespace) }
    await client.shutdown()
}

func error(_ body: () async throws -> Void) async -> KubernetesError? {
    do {
        try await body()
        return nil
    } catch {
        return error as? KubernetesError
    }
}
