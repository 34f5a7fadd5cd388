/// `metav1.APIResourceList`: what a server has in one group and version.
package struct APIResourceList: Decodable, Sendable, Equatable {
    package let groupVersion: String
    package let resources: [Resource]

    package struct Resource: Decodable, Sendable, Equatable {
        /// The plural name; subresources are listed as "deployments/scale".
        package let name: String
        package let kind: String
        package let namespaced: Bool
        package let verbs: [String]
    }

    /// Whether the plural name, or "plural/subresource", is there.
    package func contains(_ name: String) -> Bool { resources.contains { $0.name == name } }
}
