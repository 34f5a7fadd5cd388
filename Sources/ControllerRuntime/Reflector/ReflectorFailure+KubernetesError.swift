import HTTPClient
import KubernetesClient
import KubernetesTypes

extension ReflectorFailure {
    /// What an error of the client means to a reflector of `definition`.
    /// - Parameter server: the API server's URL, for the message.
    init(_ error: KubernetesError, listing definition: ResourceDefinition, at server: String) {
        let name = definition.group.isEmpty ? definition.plural : "\(definition.plural).\(definition.group)"
        if error.isExpired {
            self.init(.expired, "the resourceVersion is too old: \(error.message)")
        } else if error.isNotFound {
            self.init(
                .notServed,
                "CRD not installed: the API server has no \(name) in version \(definition.version); install its CRD")
        } else if error.isForbidden || error.isUnauthorized {
            self.init(.refused, "may not list and watch \(name); check the RBAC rules: \(error.message)")
        } else if let cause = error.cause as? HTTPClientError, cause.code == .bodyTooLarge {
            self.init(.tooLarge, error.message)
        } else if case .transport = error.code {
            self.init(.unreachable, "API server unreachable at \(server): \(error.message)")
        } else {
            self.init(.other, "cannot list and watch \(name): \(error.message)", retryAfter: error.retryAfter)
        }
    }
}
