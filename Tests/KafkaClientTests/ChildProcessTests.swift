import Foundation
import Glibc
import TestRig
import Testing

@Suite struct ChildProcessTests {
    @Test func argumentsEnvironmentAndWorkingDirectoryArrive() async throws {
        let log = NSTemporaryDirectory() + "tgs-child-\(UUID().uuidString)/log"
        defer { try? FileManager.default.removeItem(atPath: (log as NSString).deletingLastPathComponent) }
        let child = try ChildProcess(
            "sh", ["-c", "echo $1 $GREETING $(pwd); exit 3", "sh", "one two"],
            environment: ["GREETING": "hello", "PATH": "/usr/bin:/bin"], workingDirectory: "/usr", log: log)
        #expect(await child.wait() == .code(3))
        #expect(child.logTail() == "one two hello /usr")
        #expect(!child.signal(SIGTERM))
    }

    @Test func aBrokerStopsBySIGTERMAndKeepsItsPort() async throws {
        try await KafkaBroker.with { broker in
            let first = broker.pid
            try await broker.restart()
            #expect(broker.pid != first)
        }
    }
}
