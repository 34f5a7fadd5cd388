import FoundationEssentials

extension ClusterConfiguration {
    /// Finds the cluster: the kubeconfig file given, else those of `$KUBECONFIG`, else the cluster this pod runs in, else
    /// `~/.kube/config`.
    ///
    /// - Parameters:
    ///   - context: of the kubeconfig; its current one unless given.
    ///   - environment: the process's own unless given.
    package static func load(
        kubeconfig path: String? = nil, context: String? = nil,
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws(KubernetesError) -> ClusterConfiguration {
        if let path { return try kubeconfig(files: [path], context: context) }
        let listed = (environment["KUBECONFIG"] ?? "").split(separator: ":").map(String.init)
        if !listed.isEmpty {
            // kubectl as well passes over those that are not there.
            let files = listed.filter { FileManager.default.fileExists(atPath: $0) }
            guard !files.isEmpty else {
                throw KubernetesError(
                    .configuration, "None of the files in $KUBECONFIG is there: \(listed.joined(separator: ", ")).")
            }
            return try kubeconfig(files: files, context: context)
        }
        if isInCluster(environment) { return try inCluster(environment: environment) }
        let home = (environment["HOME"] ?? "") + "/.kube/config"
        guard FileManager.default.fileExists(atPath: home) else {
            throw KubernetesError(
                .configuration,
                "There is no cluster to talk to: give a kubeconfig by flag or $KUBECONFIG, or put one at \(home).")
        }
        return try kubeconfig(files: [home], context: context)
    }

    /// Of several files the earlier win.
    package static func kubeconfig(
        files: [String], context: String? = nil
    ) throws(KubernetesError) -> ClusterConfiguration {
        var merged = Kubeconfig()
        for file in files {
            let bytes: [UInt8]
            do {
                bytes = try LocalFile.read(file)
            } catch {
                throw KubernetesError(.configuration, "The kubeconfig \(file) cannot be read: \(error).", cause: error)
            }
            guard let text = String(validating: bytes, as: UTF8.self) else {
                throw KubernetesError(.configuration, "The kubeconfig \(file) is not UTF-8 text.")
            }
            try merged.merge(text, file: file)
        }
        return try merged.configuration(context: context)
    }

    /// From a kubeconfig's text.
    ///
    /// - Parameter file: where the text is from; named in errors, and relative paths start from its folder.
    package static func kubeconfig(
        text: String, file: String = "kubeconfig", context: String? = nil
    ) throws(KubernetesError) -> ClusterConfiguration {
        var kubeconfig = Kubeconfig()
        try kubeconfig.merge(text, file: file)
        return try kubeconfig.configuration(context: context)
    }
}
