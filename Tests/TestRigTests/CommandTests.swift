import Concurrency
import Foundation
import Glibc
import Testing

import TestRig

@Suite struct CommandTests {
    @Test func outputErrorsAndInputAreKeptApart() async throws {
        let result = try await Command("sh", ["-c", "cat; echo oops >&2; exit 3"], input: Array("hello".utf8)).run()
        #expect(result.text == "hello")
        #expect(result.diagnostics == "oops")
        #expect(result.exit == .code(3))
        let error = await #expect(throws: Command.Failure.self) {
            try await Command("sh", ["-c", "echo oops >&2; exit 3"]).runSuccessfully()
        }
        #expect(try #require(error).description.contains("oops"))
    }

    @Test func aProgramThatTakesTooLongIsKilled() async throws {
        await #expect(throws: Command.Failure.self) {
            try await Command("sleep", ["60"]).run(deadline: .milliseconds(200))
        }
    }

    @Test func noOpenFileIsInherited() async throws {
        // Held by a child, a socket closed here would stay open for its other end.
        let descriptors = (0..<20).map { _ in socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0) }
        defer { descriptors.forEach { close($0) } }
        let listed = try await Command("ls", ["/proc/self/fd"]).runSuccessfully().text
        // Standard input, output, error and the folder being listed.
        #expect(listed.split(separator: "\n").count == 4)
    }
}
