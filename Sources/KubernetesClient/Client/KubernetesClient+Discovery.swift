package import KubernetesTypes

extension KubernetesClient {
    /// The server's version.
    package func serverVersion() async throws -> ServerVersion {
        try decode(ServerVersion.self, try await send(APIRequest(path: "/version")), "the server's version")
    }

    /// What the server has in a group and version; `nil` when it does not have that at all.
    ///
    /// - Parameter group: empty for the core group.
    package func discover(group: String, version: String) async throws -> APIResourceList? {
        do {
            let path = ResourcePath.root(group: group, version: version)
            return try decode(APIResourceList.self, try await send(APIRequest(path: path)), "the discovery of \(path)")
        } catch let error as KubernetesError where error.isNotFound {
            return nil
        }
    }

    /// Whether the server has the kind: a CRD may not be installed, a built-in kind be newer than the server.
    package func hasResource(_ definition: ResourceDefinition) async throws -> Bool {
        try await discover(group: definition.group, version: definition.version)?.contains(definition.plural) ?? false
    }
}
