import Concurrency
import Foundation
import HTTPClient
import Observability
import Testing

@testable import KubernetesClient

@Suite struct CredentialSourceTests {
    @Test func aTokenFileIsReadAgainAfterAMinute() async throws {
        let file = NSTemporaryDirectory() + "token-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: file) }
        let now = Locked(ContinuousClock.now)
        let source = TokenFileSource(path: file, now: { now.withLock { $0 } })
        let missing = try #require(await error { _ = try await source.current() })
        #expect(missing.code == .credentials && missing.message.contains(file) && missing.isRetriable)
        try write(file, " \n")
        #expect(await error { _ = try await source.current() }?.message.contains("is empty") == true)
        try write(file, "one\n")
        #expect(try await source.current().token?.value == "one")
        try write(file, "two\n")
        now.withLock { $0 += .seconds(59) }
        let held = try await source.current()
        #expect(held.token?.value == "one")
        now.withLock { $0 += .seconds(2) }
        #expect(try await source.current().token?.value == "two")
        // A refused token is compared with what stands in the file now.
        #expect(try await source.replacement(for: held)?.token?.value == "two")
        #expect(try await source.replacement(for: try await source.current()) == nil)
    }

    private let plugin = ExecPlugin(command: "p")

    private func parse(_ status: String, version: String = "client.authentication.k8s.io/v1") throws -> ExecCredential {
        try ExecCredential(
            output: Array(#"{"apiVersion":"\#(version)","kind":"ExecCredential","status":\#(status)}"#.utf8), of: plugin
        )
    }

    @Test func readsWhatAPluginWrites() throws {
        let token = try parse(#"{"token":"t","expirationTimestamp":"2030-01-02T03:04:05Z"}"#)
        #expect(token.credential == Credential(token: Sensitive("t")))
        #expect(token.expiration == Date(timeIntervalSince1970: 1_893_553_445))
        #expect(try parse(#"{"token":"t"}"#).expiration == nil)
        for text in ["2030-01-02T03:04:05.678Z", "2030-01-02T05:04:05+02:00", "2030-01-02T03:04:05.123456789Z"] {
            let date = try #require(try parse(#"{"token":"t","expirationTimestamp":"\#(text)"}"#).expiration)
            #expect(abs(date.timeIntervalSince1970 - 1_893_553_445) < 1)
        }
        let both = try parse(#"{"clientCertificateData":"C","clientKeyData":"K"}"#)
        #expect(both.credential.certificate?.certificatePEM == Array("C".utf8))
    }

    @Test(arguments: [
        ("{}", "neither"), (#"{"token":""}"#, "neither"), (#"{"clientKeyData":"K"}"#, "without its"),
        (#"{"token":"hunter2","expirationTimestamp":"tomorrow"}"#, "RFC 3339"), ("null", "without a status"),
    ])
    func refusesOtherThings(status: String, expected: String) throws {
        let wrong = try #require(throws: KubernetesError.self) { try parse(status) }
        #expect(wrong.code == .credentials)
        #expect(expected == "without a status" || wrong.message.contains(expected), "\(wrong)")
        #expect(!wrong.message.contains("hunter2"))
    }

    @Test func refusesAnotherVersion() {
        #expect(throws: KubernetesError.self) { try parse(#"{"token":"t"}"#, version: "x/v1") }
        #expect(throws: KubernetesError.self) { try ExecCredential(output: Array("[]".utf8), of: plugin) }
    }

    @Test func tellsAPluginWhatItIsFor() throws {
        var configuration = ClusterConfiguration(server: "https://h")
        configuration.tls.caPEM = Array("CA".utf8)
        var plugin = plugin
        #expect(
            try ExecCredential.information(for: plugin, server: configuration).contains("https://h") == false)
        plugin.providesClusterInfo = true
        let text = try ExecCredential.information(for: plugin, server: configuration)
        #expect(text.contains(#""server":"https://h""#))
        #expect(text.contains(#""certificate-authority-data":"Q0E=""#))
        #expect(text.contains(#""interactive":false"#))
    }

    @Test func runsPrograms() async throws {
        let run = try await ProgramRun.run(
            "sh", ["-c", "read x; echo \"$A:$x\"; echo oops >&2; exit 7"],
            environment: ["A": "b", "PATH": "/usr/bin:/bin"],
            timeout: .seconds(60))
        #expect(run.exitCode == 7)
        #expect(String(decoding: run.output, as: UTF8.self) == "b:\n")
        #expect(String(decoding: run.errorOutput, as: UTF8.self) == "oops\n")
        let path = ["PATH": "/usr/bin:/bin"]
        let killed = try await ProgramRun.run("sh", ["-c", "kill -9 $$"], environment: path, timeout: .seconds(60))
        #expect(killed.exitCode == 137)
    }

    @Test func programsThatDoNotEndAreKilled() async throws {
        let path = ["PATH": "/usr/bin:/bin"]
        let start = ContinuousClock.now
        // The grandchild holds the pipe.
        await #expect(throws: ProgramRun.Failure.self) {
            try await ProgramRun.run(
                "sh", ["-c", "sleep 300 & sleep 300"], environment: path, timeout: .milliseconds(300))
        }
        await #expect(throws: ProgramRun.Failure.self) {
            try await ProgramRun.run("cat", ["/dev/zero"], environment: path, timeout: .seconds(60))
        }
        #expect(ContinuousClock.now - start < .seconds(60))
        await #expect(throws: ProgramRun.Failure.self) {
            try await ProgramRun.run("/nowhere/x", [], environment: path, timeout: .seconds(60))
        }
    }

    @Test func aLongComplaintIsCut() async throws {
        let run = try await ProgramRun.run(
            "sh", ["-c", "head -c 3000000 /dev/zero >&2; echo done"], environment: ["PATH": "/usr/bin:/bin"],
            timeout: .seconds(60))
        #expect(run.exitCode == 0)
        #expect(run.errorOutput.count <= ProgramRun.largestOutput / 16)
        #expect(String(decoding: run.output, as: UTF8.self) == "done\n")
    }
}
