import KubernetesTypes
import PlatformAPI

/// `keda.sh/v1alpha1.TriggerAuthentication`, the part that the platform sets: where KEDA finds what it logs in to Kafka
/// with.
struct TriggerAuthentication: KubernetesResource, Equatable {
    static let definition = ResourceDefinition(
        group: "keda.sh", version: "v1alpha1", kind: "TriggerAuthentication", plural: "triggerauthentications")

    var metadata: ObjectMeta
    var spec: Spec

    init(metadata: ObjectMeta, spec: Spec) {
        self.metadata = metadata
        self.spec = spec
    }

    struct Spec: Codable, Sendable, Equatable {
        var secretTargetRef: [SecretTarget]
    }

    /// A parameter of the scaler that stands in a Secret of the same namespace.
    struct SecretTarget: Codable, Sendable, Equatable {
        var parameter: String
        var name: String
        var key: String
    }

    /// The parameters of KEDA's Kafka scaler that it takes from here alone, with the keys of the worker's Secret.
    static let parameters: [(parameter: String, variable: String)] = [
        ("username", WorkerEnvironment.saslUsername), ("password", WorkerEnvironment.saslPassword),
        ("ca", WorkerEnvironment.tlsCA), ("cert", WorkerEnvironment.tlsCertificate),
        ("key", WorkerEnvironment.tlsKey),
    ]

    /// The parameters that are no secret: KEDA reads them from the trigger's own metadata. What is off is left out.
    static func metadata(_ access: KafkaAccess) -> [String: String] {
        var metadata: [String: String] = [:]
        switch access.mechanism {
        case .plain: metadata["sasl"] = "plaintext"
        case .scramSHA256: metadata["sasl"] = "scram_sha256"
        case .scramSHA512: metadata["sasl"] = "scram_sha512"
        case nil: break
        }
        guard let tls = access.tls else { return metadata }
        metadata["tls"] = "enable"
        // KEDA cannot leave out the name alone.
        if !tls.verifiesHostname { metadata["unsafeSsl"] = "true" }
        return metadata
    }
}
