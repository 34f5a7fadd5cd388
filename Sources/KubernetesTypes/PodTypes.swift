import FoundationEssentials
package import JSON

/// `v1.EnvVar`.
package struct EnvVar: Codable, Sendable, Hashable {
    package var name: String
    package var value: String?
    package var valueFrom: EnvVarSource?

    package init(name: String, value: String? = nil, valueFrom: EnvVarSource? = nil) {
        self.name = name
        self.value = value
        self.valueFrom = valueFrom
    }
}

/// `v1.EnvVarSource`.
package struct EnvVarSource: Codable, Sendable, Hashable {
    package var secretKeyRef: KeySelector?
    package var configMapKeyRef: KeySelector?
    package var fieldRef: FieldSelector?

    package init(
        secretKeyRef: KeySelector? = nil, configMapKeyRef: KeySelector? = nil, fieldRef: FieldSelector? = nil
    ) {
        self.secretKeyRef = secretKeyRef
        self.configMapKeyRef = configMapKeyRef
        self.fieldRef = fieldRef
    }
}

/// `v1.SecretKeySelector` and `v1.ConfigMapKeySelector`.
package struct KeySelector: Codable, Sendable, Hashable {
    package var name: String
    package var key: String
    package var optional: Bool?

    package init(name: String, key: String, optional: Bool? = nil) {
        self.name = name
        self.key = key
        self.optional = optional
    }
}

/// `v1.ObjectFieldSelector`.
package struct FieldSelector: Codable, Sendable, Hashable {
    package var fieldPath: String

    package init(fieldPath: String) { self.fieldPath = fieldPath }
}

/// `v1.EnvFromSource`.
package struct EnvFromSource: Codable, Sendable, Hashable {
    package var prefix: String?
    package var configMapRef: OptionalReference?
    package var secretRef: OptionalReference?

    package init(
        prefix: String? = nil, configMapRef: OptionalReference? = nil, secretRef: OptionalReference? = nil
    ) {
        self.prefix = prefix
        self.configMapRef = configMapRef
        self.secretRef = secretRef
    }
}

/// A name with an `optional` mark: `v1.SecretEnvSource` and `v1.ConfigMapEnvSource`.
package struct OptionalReference: Codable, Sendable, Hashable {
    package var name: String
    package var optional: Bool?

    package init(name: String, optional: Bool? = nil) {
        self.name = name
        self.optional = optional
    }
}

/// `v1.LocalObjectReference`.
package struct LocalObjectReference: Codable, Sendable, Hashable {
    package var name: String

    package init(name: String) { self.name = name }
}

/// `v1.ResourceRequirements`; quantities as text.
package struct ResourceRequirements: Codable, Sendable, Hashable {
    package var requests: [String: IntOrString]?
    package var limits: [String: IntOrString]?

    package init(requests: [String: IntOrString]? = nil, limits: [String: IntOrString]? = nil) {
        self.requests = requests
        self.limits = limits
    }
}

/// `v1.PullPolicy`: when the kubelet pulls an image.
package enum ImagePullPolicy: String, Codable, Sendable, CaseIterable {
    case always = "Always"
    case ifNotPresent = "IfNotPresent"
    case never = "Never"
}

/// `v1.Container`, the part that the platform sets.
package struct Container: Codable, Sendable, Hashable {
    package var name: String
    package var image: String
    package var imagePullPolicy: ImagePullPolicy?
    package var command: [String]?
    package var args: [String]?
    package var env: [EnvVar]?
    package var envFrom: [EnvFromSource]?
    package var resources: ResourceRequirements?
    package var securityContext: SecurityContext?

    package init(name: String, image: String) {
        self.name = name
        self.image = image
    }
}

/// `v1.SecurityContext`, the part that the platform sets.
package struct SecurityContext: Codable, Sendable, Hashable {
    package struct Capabilities: Codable, Sendable, Hashable {
        package var drop: [String]

        package init(drop: [String]) { self.drop = drop }
    }

    package var allowPrivilegeEscalation: Bool?
    package var capabilities: Capabilities?

    package init(allowPrivilegeEscalation: Bool? = nil, capabilities: Capabilities? = nil) {
        self.allowPrivilegeEscalation = allowPrivilegeEscalation
        self.capabilities = capabilities
    }
}

/// `v1.PodSpec`, the part that the platform sets.
package struct PodSpec: Codable, Sendable, Hashable {
    package var containers: [Container]
    package var imagePullSecrets: [LocalObjectReference]?
    package var serviceAccountName: String?
    package var automountServiceAccountToken: Bool?
    package var terminationGracePeriodSeconds: Int?
    /// Absent: `Always`.
    package var restartPolicy: String?

    package init(containers: [Container]) { self.containers = containers }
}

/// `v1.PodTemplateSpec`.
package struct PodTemplateSpec: Codable, Sendable, Equatable {
    package var metadata: ObjectMeta
    package var spec: PodSpec
    /// A part of a template, of any fields, that is laid over this one when it is written: see ``StrategicMerge``.
    package var overlay: JSONValue?

    package init(metadata: ObjectMeta, spec: PodSpec, overlay: JSONValue? = nil) {
        self.metadata = metadata
        self.spec = spec
        self.overlay = overlay
    }

    private enum CodingKeys: String, CodingKey { case metadata, spec }

    package func encode(to encoder: any Encoder) throws {
        guard let overlay else {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(metadata, forKey: .metadata)
            try container.encode(spec, forKey: .spec)
            return
        }
        let plain = PodTemplateSpec(metadata: metadata, spec: spec)
        let base = try JSONDecoder().decode(JSONValue.self, from: try JSONEncoder().encode(plain))
        try StrategicMerge.merge(base, with: overlay).encode(to: encoder)
    }
}
