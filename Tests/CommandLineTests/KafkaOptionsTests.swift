import Foundation
import KafkaClient
import Observability
import Testing

@testable import tgs

@Suite struct KafkaOptionsTests {
    private func security(
        _ arguments: [String], environment: [String: String] = [:]
    ) throws -> KafkaSecurity {
        try KafkaOptions.security(
            OptionValues(
                command: "tgs gateway", options: KafkaOptions.all, arguments: arguments, environment: environment))
    }

    /// Runs `body` with a file of this text.
    private func withFile(_ text: String, _ body: (String) throws -> Void) throws {
        let file = FileManager.default.temporaryDirectory.appending(path: "tgs-kafka-option-\(UUID().uuidString)")
        try Data(text.utf8).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        try body(file.path)
    }

    @Test func withoutOptionsItIsPlain() throws {
        guard case .plaintext = try security([]) else {
            Issue.record("not plain")
            return
        }
    }

    @Test func tlsAloneTrustsTheSystem() throws {
        guard case .tls(let tls) = try security([], environment: ["TGS_KAFKA_TLS": "true"]) else {
            Issue.record("no TLS")
            return
        }
        #expect(tls.caPEM == nil && tls.certificatePEM == nil && tls.verifyHostname)
    }

    @Test func filesAreReadWithoutTheirLastLineEnd() throws {
        try withFile("hunter2\n") { file in
            let found = try security([
                "--kafka-tls", "--kafka-ca-file", file, "--kafka-certificate-file", file, "--kafka-key-file", file,
                "--kafka-skip-hostname-verification", "--kafka-sasl-mechanism", "SCRAM-SHA-256",
                "--kafka-sasl-username-file", file, "--kafka-sasl-password-file", file,
            ])
            guard case .sasl(let mechanism, let username, let password, let tls) = found else {
                Issue.record("no login")
                return
            }
            #expect(mechanism == .scramSHA256)
            #expect(username == "hunter2" && password.value == "hunter2" && tls?.caPEM == "hunter2")
            #expect(tls?.certificatePEM == "hunter2" && tls?.privateKeyPEM?.value == "hunter2")
            #expect(tls?.verifyHostname == false)
        }
    }

    @Test(arguments: [
        (["--kafka-ca-file", "f"], "--kafka-tls"), (["--kafka-certificate-file", "f"], "--kafka-tls"),
        (["--kafka-skip-hostname-verification"], "--kafka-tls"),
        (["--kafka-tls", "--kafka-certificate-file", "f"], "--kafka-key-file"),
        (["--kafka-tls", "--kafka-key-file", "f"], "--kafka-certificate-file"),
        (["--kafka-sasl-username", "u"], "--kafka-sasl-mechanism"),
        (["--kafka-sasl-password-file", "f"], "--kafka-sasl-mechanism"),
        (["--kafka-sasl-mechanism", "PLAIN"], "--kafka-sasl-username"),
        (["--kafka-sasl-mechanism", "PLAIN", "--kafka-sasl-username", "u"], "--kafka-sasl-password-file"),
        (
            [
                "--kafka-sasl-mechanism", "PLAIN", "--kafka-sasl-username", "u", "--kafka-sasl-username-file", "f",
                "--kafka-sasl-password-file", "f",
            ], "--kafka-sasl-username-file"
        ),
        (
            ["--kafka-sasl-mechanism", "GSSAPI", "--kafka-sasl-username", "u", "--kafka-sasl-password-file", "f"],
            "SCRAM-SHA-512"
        ),
    ])
    func whatDoesNotGoTogetherIsRefused(arguments: [String], word: String) {
        #expect {
            try security(arguments)
        } throws: { error in
            (error as? UsageError)?.message.contains(word) == true
        }
    }

    @Test func aFileThatCannotBeUsedIsNamed() throws {
        #expect {
            try security(["--kafka-tls", "--kafka-ca-file", "/does/not/exist"])
        } throws: { error in
            error is TextFile.Failure && "\(error)".contains("/does/not/exist")
        }
        try withFile(" \n") { file in
            #expect {
                try security(["--kafka-tls", "--kafka-ca-file", file])
            } throws: { "\($0)".contains("empty") }
        }
    }
}
