/// `autoscaling/v1.Scale`: the scale subresource of a Deployment or a custom resource.
package struct Scale: Codable, Sendable, Equatable {
    package var apiVersion = "autoscaling/v1"
    package var kind = "Scale"
    package var metadata: ObjectMeta
    package var spec: Spec
    package var status: Status?

    package init(metadata: ObjectMeta, spec: Spec, status: Status? = nil) {
        self.metadata = metadata
        self.spec = spec
        self.status = status
    }

    private enum CodingKeys: String, CodingKey { case apiVersion, kind, metadata, spec, status }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        metadata = try container.decode(ObjectMeta.self, forKey: .metadata)
        spec = try container.decodeIfPresent(Spec.self, forKey: .spec) ?? Spec(replicas: nil)
        status = try container.decodeIfPresent(Status.self, forKey: .status)
    }

    package struct Spec: Codable, Sendable, Hashable {
        /// The wanted number; absent means 0 (Go leaves zeros out).
        package var replicas: Int?

        package init(replicas: Int?) { self.replicas = replicas }
    }

    package struct Status: Codable, Sendable, Hashable {
        /// The observed number; absent means 0.
        package var replicas: Int?
        /// The label selector of the pods, in its text form.
        package var selector: String?

        package init(replicas: Int? = nil, selector: String? = nil) {
            self.replicas = replicas
            self.selector = selector
        }
    }
}
