import Foundation

/// Where the programs of a control plane are.
struct ControlPlaneTools: Sendable {
    let etcd: String
    let apiServer: String
    let kubectl: String

    /// Looks into `$KUBEBUILDER_ASSETS` (as envtest does), then into the cache that `make control-plane` fills, and for
    /// etcd and kubectl into `PATH`.
    static func find() throws -> ControlPlaneTools {
        let environment = ProcessInfo.processInfo.environment
        let assets = environment["KUBEBUILDER_ASSETS"].flatMap { $0.isEmpty ? nil : $0 }
        let cache = CacheFolder.path
        let folders = [assets, "\(cache)/kubernetes-1.20.2/bin", "\(cache)/python/bin"].compactMap { $0 }
        let path = (environment["PATH"] ?? "/usr/bin:/bin").split(separator: ":").map(String.init)
        func find(_ name: String, in folders: [String], advice: String) throws -> String {
            for folder in folders where FileManager.default.isExecutableFile(atPath: "\(folder)/\(name)") {
                return "\(folder)/\(name)"
            }
            throw ControlPlane.StartError(
                description: "\(name) is missing (looked into \(folders.joined(separator: ", "))): \(advice)")
        }
        return ControlPlaneTools(
            etcd: try find("etcd", in: folders + path, advice: "run make deps"),
            apiServer: try find("kube-apiserver", in: folders, advice: "run make control-plane"),
            kubectl: try find("kubectl", in: folders + path, advice: "run make deps"))
    }
}
