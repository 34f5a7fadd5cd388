import FoundationEssentials
import JSON
import KubernetesTypes
import PlatformAPI

/// What the operator keeps of an object that a gateway consists of.
struct ObservedGatewayObject: Sendable {
    /// The TelegramGateway's name, in the same namespace.
    let gateway: String
    let generation: Int64
    /// Of a Deployment.
    let replicas: Int?
    /// Of a Deployment: its replicas are no longer stated with the rest.
    let isHandedOver: Bool
    /// `.null` when there is none.
    let status: JSONValue
    let digest: LeafDigest

    init(json: [UInt8]) throws {
        let head = try JSONDecoder().decode(Head.self, from: Data(json))
        gateway = head.metadata.labels?[Labels.gateway] ?? ""
        generation = head.metadata.generation ?? 0
        replicas = head.spec?.replicas
        isHandedOver = head.metadata.annotations?[Annotations.replicasHandedOver] == "true"
        status = head.status ?? .null
        digest = try LeafDigest(json: json)
    }

    /// A Deployment's count of pods of some kind: "readyReplicas".
    func count(_ name: String) -> Int { Int(status[name]?.intValue ?? 0) }

    /// Of `status.conditions` the one of that type.
    func condition(_ type: String) -> JSONValue? {
        status["conditions"]?.arrayValue?.first { $0["type"]?.stringValue == type }
    }

    /// The first address under `status.loadBalancer`.
    var loadBalancerAddress: String? {
        status["loadBalancer"]?["ingress"]?.arrayValue?.lazy.compactMap {
            $0["hostname"]?.stringValue ?? $0["ip"]?.stringValue
        }.first
    }

    private struct Head: Decodable {
        struct Spec: Decodable { let replicas: Int? }

        let metadata: ObjectMeta
        let spec: Spec?
        let status: JSONValue?
    }
}
