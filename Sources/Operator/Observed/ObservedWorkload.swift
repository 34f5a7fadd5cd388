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

/// What the operator keeps of a TriggerAuthentication.
struct ObservedTriggerAuthentication: Sendable, Equatable {
    let digest: LeafDigest

    init(json: [UInt8]) throws { digest = try LeafDigest(json: json) }
}

/// What the operator keeps of a ScaledObject.
struct ObservedScaledObject: Sendable, Equatable {
    let conditions: [WorkloadCondition]
    /// When the operator woke the bot, in seconds since 1970; `nil` once KEDA has taken over.
    let wokenAt: Int64?
    /// An annotation keeps KEDA from scaling.
    let isPaused: Bool
    let digest: LeafDigest

    /// KEDA counts the workers as needed.
    var isActive: Bool { conditions.contains { $0.type == "Active" && $0.status == "True" } }

    init(json: [UInt8]) throws {
        struct Head: Decodable {
            let metadata: ObjectMeta
            let status: ScaledObject.Status?
        }
        let head = try JSONDecoder().decode(Head.self, from: Data(json))
        let annotations = head.metadata.annotations ?? [:]
        conditions = head.status?.conditions ?? []
        isPaused = annotations[KEDAAnnotation.pausedReplicas] != nil || annotations[KEDAAnnotation.paused] == "true"
        wokenAt = annotations[Annotations.wokenAt].map { Int64($0) ?? 0 }
        digest = try LeafDigest(json: json)
    }
}
