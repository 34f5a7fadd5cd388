import KubernetesClient
import Observability

/// Options that several parts share.
enum CommonOptions {
    static let logLevel = CommandOption(
        "log-level", "LEVEL", default: "info", "The least that is logged: debug, info, warning or error.")
    static let healthPort = CommandOption(
        "health-port", "PORT", default: "9090", "Where /health, /ready and /metrics are answered; 0 takes a free port.")
    static let host = CommandOption("host", "ADDRESS", default: "0.0.0.0", "The address to listen on.")
    static let kubernetes = [
        CommandOption(
            "kubeconfig", "FILE",
            "Kubeconfig file. Without it $KUBECONFIG, then the pod's service account, then ~/.kube/config is used."),
        CommandOption("context", "NAME", "Context of the kubeconfig; its current one unless given."),
    ]

    static func cluster(_ values: OptionValues) throws -> ClusterConfiguration {
        try ClusterConfiguration.load(kubeconfig: values.optional("kubeconfig"), context: values.optional("context"))
    }

    static func logger(_ part: String, _ values: OptionValues) throws -> Logger {
        Logger(label: part, level: try values.choice("log-level", LogLevel.self))
    }
}
