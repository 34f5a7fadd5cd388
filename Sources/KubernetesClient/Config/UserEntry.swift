import HTTPClient
import JSON
import Observability

/// The `user` of a kubeconfig's user entry.
enum UserEntry {
    /// Adds what the user shows to a cluster's configuration.
    static func apply(_ user: ConfigField, to configuration: inout ClusterConfiguration) throws(KubernetesError) {
        for name in ["auth-provider", "username", "password"] {
            guard let field = try user.member(name), field.value != "" else { continue }
            throw field.wrong("is not supported, as in no current Kubernetes; use a token, a certificate or \"exec\"")
        }
        let certificate = try certificate(user)
        if let exec = try user.member("exec") {
            configuration.credentials = .exec(try plugin(exec))
        } else if let path = try user.text("tokenFile") {
            configuration.credentials = .tokenFile(Kubeconfig.resolve(path, from: user.file))
        } else if let field = try user.member("token"), case let token = try field.text(), !token.isEmpty {
            guard token.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
                throw field.wrong("has spaces or control characters in it")
            }
            configuration.credentials = .token(Sensitive(token))
        } else if let certificate {
            configuration.credentials = .clientCertificate(certificate)
        }
        if let certificate {
            configuration.tls.certificatePEM = certificate.certificatePEM
            configuration.tls.privateKeyPEM = certificate.privateKeyPEM
        }
        configuration.headers = try impersonation(user)
    }

    private static func certificate(_ user: ConfigField) throws(KubernetesError) -> ClientCertificate? {
        switch (try Kubeconfig.pem(user, "client-certificate"), try Kubeconfig.pem(user, "client-key")) {
        case (let certificate?, let key?):
            return ClientCertificate(certificatePEM: certificate, privateKeyPEM: Sensitive(key))
        case (nil, nil): return nil
        case (_?, nil): throw user.wrong("has a client certificate and no client key")
        case (nil, _?): throw user.wrong("has a client key and no client certificate")
        }
    }

    private static func impersonation(_ user: ConfigField) throws(KubernetesError) -> [(String, String)] {
        var headers: [(String, String)] = []
        if let name = try user.text("as") { headers.append(("Impersonate-User", name)) }
        if let uid = try user.text("as-uid") { headers.append(("Impersonate-Uid", uid)) }
        for group in try user.elements("as-groups") { headers.append(("Impersonate-Group", try group.text())) }
        // Ignoring it would mean acting as somebody else than was asked for.
        if let extra = try user.member("as-user-extra") { throw extra.wrong("is not supported") }
        return headers
    }

    private static func plugin(_ exec: ConfigField) throws(KubernetesError) -> ExecPlugin {
        guard let apiVersion = try exec.member("apiVersion") else { throw exec.missing("apiVersion") }
        guard let version = ExecPlugin.Version(rawValue: try apiVersion.text()) else {
            throw apiVersion.wrong(
                "must be \(ExecPlugin.Version.v1.rawValue) or \(ExecPlugin.Version.v1beta1.rawValue)")
        }
        guard let command = try exec.text("command") else { throw exec.missing("command") }
        if let mode = try exec.member("interactiveMode"), try mode.text() == "Always" {
            throw mode.wrong("is Always, but there is nobody here to ask")
        }
        var plugin = ExecPlugin(version: version, command: command)
        // Names without a slash are looked up in PATH.
        if command.contains("/") { plugin.command = Kubeconfig.resolve(command, from: exec.file) }
        for argument in try exec.elements("args") { plugin.arguments.append(try argument.text()) }
        for variable in try exec.elements("env") {
            guard let name = try variable.text("name") else { throw variable.missing("name") }
            plugin.environment[name] = try variable.text("value") ?? ""
        }
        plugin.providesClusterInfo = try exec.flag("provideClusterInfo")
        plugin.installHint = try exec.text("installHint")
        return plugin
    }
}
