import Foundation
import Testing

/// A certificate authority of one's own in a folder, made with the `openssl` command.
struct Certificates {
    let folder: URL

    /// Makes `ca.pem`, `other-ca.pem`, and from the first `server.pem` (127.0.0.1, localhost, api.example.test) and
    /// `client.pem`, each with its `.key`.
    init(in folder: URL) throws {
        self.folder = folder
        for name in ["ca", "other-ca"] {
            try openssl("req -x509 -subj /CN=\(name) -days 2 -out \(name).pem", key: name)
        }
        try Data("subjectAltName=IP:127.0.0.1,DNS:localhost,DNS:api.example.test".utf8)
            .write(to: folder.appending(path: "names"))
        for name in ["server", "client"] {
            try openssl("req -subj /CN=\(name) -out \(name).csr", key: name)
            try run(
                "x509 -req -in \(name).csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile names -out \(name).pem"
            )
        }
    }

    func read(_ name: String) throws -> [UInt8] {
        Array(try Data(contentsOf: folder.appending(path: name)))
    }

    private func openssl(_ arguments: String, key: String) throws {
        try run("\(arguments) -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout \(key).key")
    }

    private func run(_ arguments: String) throws {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/openssl")
        process.arguments = arguments.split(separator: " ").map(String.init)
        process.currentDirectoryURL = folder
        process.standardError = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0, "openssl \(arguments)")
    }
}
