/// A credential plugin: the `exec` section of a kubeconfig's user (client.authentication.k8s.io).
package struct ExecPlugin: Sendable, Hashable {
    package enum Version: String, Sendable {
        case v1 = "client.authentication.k8s.io/v1"
        case v1beta1 = "client.authentication.k8s.io/v1beta1"
    }

    package var version: Version
    /// A path, or a name looked up in `PATH`.
    package var command: String
    package var arguments: [String]
    /// Added to this process's environment.
    package var environment: [String: String]
    /// Whether the program is told which cluster it is for.
    package var providesClusterInfo: Bool
    /// What to tell people when the program is not there.
    package var installHint: String?
    package var timeout: Duration = .seconds(60)

    package init(
        version: Version = .v1, command: String, arguments: [String] = [], environment: [String: String] = [:],
        providesClusterInfo: Bool = false, installHint: String? = nil
    ) {
        self.version = version
        self.command = command
        self.arguments = arguments
        self.environment = environment
        self.providesClusterInfo = providesClusterInfo
        self.installHint = installHint
    }
}
