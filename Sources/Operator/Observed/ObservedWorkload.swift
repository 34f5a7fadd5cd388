import FoundationEssentials
import KubernetesTypes
import PlatformAPI

/// What the operator keeps of a Deployment.
struct ObservedDeployment: Sendable, Equatable {
    let isHandedOver: Bool
    let generation: Int64
    let replicas: Int
    let status: Deployment.Status
    let digest: LeafDigest

    init(json: [UInt8]) throws {
        let head = try JSONDecoder().decode(Head.self, from: Data(json))
        isHandedOver = head.metadata.annotations?[Annotations.replicasHandedOver] == "true"
        generation = head.metadata.generation ?? 0
        replicas = head.spec?.replicas ?? 1
        status = head.status ?? Deployment.Status()
        digest = try LeafDigest(json: json)
    }

    private struct Head: Decodable {
        struct Spec: Decodable { let replicas: Int? }

        let metadata: ObjectMeta
        let spec: Spec?
        let status: Deployment.Status?
    }
}

/// What the operator keeps of a ScaledObject.
struct ObservedScaledObject: Sendable, Equatable {
    let conditions: [WorkloadCondition]
    let digest: LeafDigest

    init(json: [UInt8]) throws {
        struct Head: Decodable { let status: ScaledObject.Status? }
        conditions = try JSONDecoder().decode(Head.self, from: Data(json)).status?.conditions ?? []
        digest = try LeafDigest(json: json)
    }
}
