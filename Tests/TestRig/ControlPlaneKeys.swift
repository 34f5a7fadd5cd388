import Foundation

/// Keys and certificates of a control plane, made by the openssl program: elliptic curves, because making RSA keys takes
/// longer than starting the servers.
struct ControlPlaneKeys: Sendable {
    let caCertificate: String
    let serverCertificate: String
    let serverKey: String
    /// Signs and checks the tokens of ServiceAccounts.
    let serviceAccountKey: String

    static func make(in directory: String) async throws -> ControlPlaneKeys {
        try await certificate(
            "ca", subject: "/CN=test-ca", extensions: ["basicConstraints=critical,CA:TRUE"], in: directory)
        try await certificate(
            "server", subject: "/CN=kube-apiserver",
            extensions: [
                "basicConstraints=critical,CA:FALSE", "extendedKeyUsage=serverAuth",
                "subjectAltName=IP:127.0.0.1,IP:10.0.0.1,DNS:localhost,DNS:kubernetes,DNS:kubernetes.default,"
                    + "DNS:kubernetes.default.svc",
            ], signedByCA: true, in: directory)
        let serviceAccountKey = "\(directory)/service-account.key"
        try await Command(
            "openssl", ["ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", serviceAccountKey]
        ).runSuccessfully()
        return ControlPlaneKeys(
            caCertificate: "\(directory)/ca.crt", serverCertificate: "\(directory)/server.crt",
            serverKey: "\(directory)/server.key", serviceAccountKey: serviceAccountKey)
    }

    static func makeClientCertificate(
        name: String, groups: [String], in directory: String
    ) async throws -> (certificatePEM: String, privateKeyPEM: String) {
        let file = "client-\(UUID().uuidString)"
        try await certificate(
            file, subject: groups.map { "/O=\($0)" }.joined() + "/CN=\(name)",
            extensions: ["basicConstraints=critical,CA:FALSE", "extendedKeyUsage=clientAuth"], signedByCA: true,
            in: directory)
        return (
            try String(contentsOfFile: "\(directory)/\(file).crt", encoding: .utf8),
            try String(contentsOfFile: "\(directory)/\(file).key", encoding: .utf8)
        )
    }

    /// Makes `<name>.crt` and `<name>.key` in a folder, for itself or, when signed, by `ca.crt` there.
    static func certificate(
        _ name: String, subject: String, extensions: [String], signedByCA: Bool = false, in directory: String
    ) async throws {
        // A configuration of our own, so that the machine's adds no extensions of its own.
        let configuration = "\(directory)/openssl.cnf"
        try "[req]\ndistinguished_name=dn\n[dn]\n".write(toFile: configuration, atomically: true, encoding: .utf8)
        var arguments = [
            "req", "-x509", "-config", configuration, "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
            "-nodes", "-days", "30", "-subj", subject, "-keyout", "\(directory)/\(name).key", "-out",
            "\(directory)/\(name).crt",
        ]
        if signedByCA { arguments += ["-CA", "\(directory)/ca.crt", "-CAkey", "\(directory)/ca.key"] }
        for value in extensions { arguments += ["-addext", value] }
        try await Command("openssl", arguments).runSuccessfully()
    }
}
