import ControllerRuntime
import KubernetesTypes

/// How the API server takes PodDisruptionBudgets.
struct DisruptionBudgetForm: Sendable {
    let version: any PolicyVersion.Type
    /// Whether the server knows `unhealthyPodEvictionPolicy`. Stated to a server that does not, the whole is refused.
    let hasEvictionPolicy: Bool

    /// The versions there are, the preferred one first.
    private static let versions: [any PolicyVersion.Type] = [PolicyV1.self, PolicyV1Beta1.self]

    /// The kind in these versions.
    static var definitions: [ResourceDefinition] { versions.map { definition($0) } }

    /// - Returns: `nil` when the server has none of the versions.
    init?(_ served: VersionedListWatcher.Served?) {
        guard let served,
            let version = Self.versions.first(where: { Self.definition($0) == served.definition })
        else { return nil }
        self.version = version
        hasEvictionPolicy = version.name == PolicyV1.name && (served.serverMinor ?? 0) >= 27
    }

    /// The kind in the version that the server has.
    var definition: ResourceDefinition { Self.definition(version) }

    private static func definition<Version: PolicyVersion>(_ version: Version.Type) -> ResourceDefinition {
        PodDisruptionBudget<Version>.definition
    }
}
