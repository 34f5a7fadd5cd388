import FoundationEssentials
import HTTPClient
import JSON
import Observability
import YAML

/// One or several kubeconfig files put together as kubectl does: of several entries with one name the first wins.
struct Kubeconfig {
    private(set) var clusters: [String: ConfigField] = [:]
    private(set) var users: [String: ConfigField] = [:]
    private(set) var contexts: [String: ConfigField] = [:]
    private(set) var currentContext: String?
    /// The files read, in order.
    private(set) var files: [String] = []

    /// Takes in another file, which yields to those taken in before.
    ///
    /// - Parameter file: its path; relative paths in it start from its folder.
    mutating func merge(_ text: String, file: String) throws(KubernetesError) {
        let root: ConfigField
        do {
            let (value, lines) = try YAML.parseLocated(text)
            root = ConfigField(file: file, path: "", value: value == .null ? [:] : value, lines: lines)
        } catch {
            throw KubernetesError(.configuration, "\(file) is no kubeconfig: \(error).", cause: error)
        }
        if let kind = try root.member("kind"), try kind.text() != "Config" {
            throw kind.wrong("is not \"Config\": this is no kubeconfig")
        }
        files.append(file)
        if currentContext == nil { currentContext = try root.text("current-context") }
        try Self.merge(root, "clusters", "cluster", into: &clusters)
        try Self.merge(root, "users", "user", into: &users)
        try Self.merge(root, "contexts", "context", into: &contexts)
    }

    private static func merge(
        _ root: ConfigField, _ list: String, _ member: String, into entries: inout [String: ConfigField]
    ) throws(KubernetesError) {
        for entry in try root.elements(list) {
            guard let name = try entry.text("name") else { throw entry.missing("name") }
            guard entries[name] == nil else { continue }
            // A user without anything is what some tools write for "no credentials".
            entries[name] =
                try entry.member(member)
                ?? ConfigField(file: entry.file, path: "\(entry.path).\(member)", value: [:], lines: entry.lines)
        }
    }

    /// The configuration of a context; the current one unless named.
    func configuration(context name: String?) throws(KubernetesError) -> ClusterConfiguration {
        let place = files.joined(separator: ", ")
        guard let name = name ?? currentContext else {
            throw KubernetesError(
                .configuration, "\(place): there is no current-context; choose one of: \(Self.list(contexts)).")
        }
        guard let context = contexts[name] else {
            throw KubernetesError(
                .configuration, "\(place): there is no context \"\(name)\"; there are: \(Self.list(contexts)).")
        }
        guard let clusterName = try context.text("cluster") else { throw context.missing("cluster") }
        guard let cluster = clusters[clusterName] else {
            throw context.wrong("names the cluster \"\(clusterName)\", which is not there")
        }
        var configuration = try Self.configuration(cluster: cluster)
        configuration.namespace = try context.text("namespace") ?? "default"
        if let userName = try context.text("user") {
            guard let user = users[userName] else {
                throw context.wrong("names the user \"\(userName)\", which is not there")
            }
            try UserEntry.apply(user, to: &configuration)
        }
        return configuration
    }

    private static func configuration(cluster: ConfigField) throws(KubernetesError) -> ClusterConfiguration {
        guard let field = try cluster.member("server"), case let server = try field.text(), !server.isEmpty else {
            throw cluster.missing("server")
        }
        guard server.hasPrefix("https://") || server.hasPrefix("http://") else {
            throw field.wrong("must begin with https:// or http://")
        }
        var tls = TLS()
        tls.caPEM = try pem(cluster, "certificate-authority")
        tls.verifyPeer = try !cluster.flag("insecure-skip-tls-verify")
        tls.serverName = try cluster.text("tls-server-name")
        guard tls.verifyPeer || tls.caPEM == nil else {
            throw cluster.wrong("has both a certificate authority and insecure-skip-tls-verify; take one away")
        }
        var configuration = ClusterConfiguration(server: server, tls: tls)
        configuration.proxyURL = try cluster.text("proxy-url").map { Sensitive($0) }
        return configuration
    }

    /// PEM from `<name>-data`, which wins, or from the file that `<name>` names.
    static func pem(_ field: ConfigField, _ name: String) throws(KubernetesError) -> [UInt8]? {
        let bytes: [UInt8]
        let source: ConfigField
        if let data = try field.base64("\(name)-data"), let member = try field.member("\(name)-data") {
            bytes = data
            source = member
        } else if let member = try field.member(name), case let path = try member.text(), !path.isEmpty {
            let resolved = resolve(path, from: field.file)
            do {
                bytes = try LocalFile.read(resolved)
            } catch {
                throw member.wrong("names \(resolved), which cannot be read: \(error)")
            }
            source = member
        } else {
            return nil
        }
        guard
            bytes.starts(with: Array("-----BEGIN ".utf8))
                || String(decoding: bytes, as: UTF8.self).contains("\n-----BEGIN ")
        else { throw source.wrong("holds no PEM") }
        return bytes
    }

    /// A path as it is meant in a file: relative ones start from the file's folder.
    static func resolve(_ path: String, from file: String) -> String {
        guard !path.hasPrefix("/"), let slash = file.lastIndex(of: "/") else { return path }
        return "\(file[..<slash])/\(path)"
    }

    private static func list(_ entries: [String: ConfigField]) -> String {
        entries.isEmpty ? "none" : entries.keys.sorted().joined(separator: ", ")
    }
}
