import FoundationEssentials
import HTTPClient

extension ClusterConfiguration {
    /// Where the kubelet puts a pod's ServiceAccount.
    package static let serviceAccountFolder = "/var/run/secrets/kubernetes.io/serviceaccount"

    /// The cluster that this pod runs in, as its ServiceAccount.
    package static func inCluster(
        environment: [String: String] = ProcessInfo.processInfo.environment, folder: String = serviceAccountFolder
    ) throws(KubernetesError) -> ClusterConfiguration {
        guard let host = environment["KUBERNETES_SERVICE_HOST"], let port = environment["KUBERNETES_SERVICE_PORT"],
            !host.isEmpty, !port.isEmpty
        else {
            throw KubernetesError(
                .configuration,
                "This is no pod: KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set. Give a kubeconfig.")
        }
        let ca = try content("\(folder)/ca.crt")
        // Read again by whoever uses it; here only to say early what is missing.
        _ = try content("\(folder)/token")
        let namespace = try content("\(folder)/namespace")
        let address = host.contains(":") && !host.hasPrefix("[") ? "[\(host)]" : host
        return ClusterConfiguration(
            server: "https://\(address):\(port)", tls: TLS(caPEM: ca),
            namespace: String(decoding: namespace, as: UTF8.self).filter { !$0.isWhitespace },
            credentials: .tokenFile("\(folder)/token"))
    }

    static func isInCluster(_ environment: [String: String], folder: String = serviceAccountFolder) -> Bool {
        environment["KUBERNETES_SERVICE_HOST"]?.isEmpty == false
            && FileManager.default.fileExists(atPath: "\(folder)/token")
    }

    private static func content(_ path: String) throws(KubernetesError) -> [UInt8] {
        do {
            return try LocalFile.read(path)
        } catch {
            throw KubernetesError(
                .configuration,
                "\(path) cannot be read: \(error). Set automountServiceAccountToken in the pod, or give a kubeconfig.",
                cause: error)
        }
    }
}
