import FoundationEssentials
import HTTPClient
import JSON
import Observability

/// What goes to an exec plugin and what comes back: `ExecCredential`.
struct ExecCredential: Sendable, Equatable {
    let credential: Credential
    /// `nil`: good until the server refuses it.
    let expiration: Date?

    /// Reads what the plugin wrote to its standard output. Messages hold nothing of it.
    init(output: [UInt8], of plugin: ExecPlugin) throws(KubernetesError) {
        func refuse(_ what: String) -> KubernetesError {
            KubernetesError(.credentials, "The credential plugin \(plugin.command) wrote \(what).")
        }
        let value: JSONValue
        do {
            value = try JSONDecoder().decode(JSONValue.self, from: Data(output))
        } catch {
            throw refuse("no JSON to its standard output")
        }
        guard value["kind"]?.stringValue == "ExecCredential" else { throw refuse("no ExecCredential") }
        guard value["apiVersion"]?.stringValue == plugin.version.rawValue else {
            throw refuse("an ExecCredential of another apiVersion than \(plugin.version.rawValue)")
        }
        guard let status = value["status"] else { throw refuse("an ExecCredential without a status") }
        var credential = Credential()
        if let token = status["token"]?.stringValue, !token.isEmpty { credential.token = Sensitive(token) }
        switch (status["clientCertificateData"]?.stringValue, status["clientKeyData"]?.stringValue) {
        case (let certificate?, let key?):
            credential.certificate = ClientCertificate(
                certificatePEM: Array(certificate.utf8), privateKeyPEM: Sensitive(Array(key.utf8)))
        case (nil, nil): break
        default: throw refuse("a certificate without its key, or a key without its certificate")
        }
        guard credential != Credential() else { throw refuse("neither a token nor a certificate") }
        self.credential = credential
        guard let timestamp = status["expirationTimestamp"]?.stringValue else {
            expiration = nil
            return
        }
        guard let date = Self.date(timestamp) else { throw refuse("an expirationTimestamp that is not RFC 3339") }
        expiration = date
    }

    /// The value of `KUBERNETES_EXEC_INFO`.
    static func information(for plugin: ExecPlugin, server: ClusterConfiguration) throws(KubernetesError) -> String {
        var spec: [String: JSONValue] = ["interactive": false]
        if plugin.providesClusterInfo {
            var cluster: [String: JSONValue] = ["server": .string(server.server)]
            if let ca = server.tls.caPEM {
                cluster["certificate-authority-data"] = .string(Data(ca).base64EncodedString())
            }
            if let name = server.tls.serverName { cluster["tls-server-name"] = .string(name) }
            if !server.tls.verifyPeer { cluster["insecure-skip-tls-verify"] = true }
            spec["cluster"] = .object(cluster)
        }
        let value: JSONValue = [
            "apiVersion": .string(plugin.version.rawValue), "kind": "ExecCredential", "spec": .object(spec),
        ]
        return String(decoding: try Coding.encode(value), as: UTF8.self)
    }

    /// RFC 3339 with or without fractions of a second.
    static func date(_ text: String) -> Date? {
        let whole = Date.ISO8601FormatStyle()
        let fractional = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
        for style in [whole, fractional] {
            do {
                return try style.parse(text)
            } catch {
                continue
            }
        }
        return nil
    }
}
