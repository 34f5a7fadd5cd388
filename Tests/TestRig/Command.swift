import Concurrency
import Foundation

/// A program run to its end, with what it wrote.
package struct Command: Sendable {
    /// What a program left behind.
    package struct Result: Sendable {
        package let exit: ChildProcess.Exit
        package let output: [UInt8]
        /// Standard error.
        package let diagnostics: String

        package var succeeded: Bool { exit == .code(0) }
        package var text: String { String(decoding: output, as: UTF8.self) }
    }

    /// A program that ended with something else than 0, or not in time.
    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    package let executable: String
    package let arguments: [String]
    package let input: [UInt8]
    package let environment: [String: String]?

    /// - Parameters:
    ///   - executable: a path, or a name looked up in `PATH`.
    ///   - input: what the program reads from standard input.
    ///   - environment: the whole environment; this process's own when `nil`.
    package init(
        _ executable: String, _ arguments: [String], input: [UInt8] = [], environment: [String: String]? = nil
    ) {
        self.executable = executable
        self.arguments = arguments
        self.input = input
        self.environment = environment
    }

    /// Runs the program; SIGKILL when it takes longer than `deadline`.
    package func run(deadline: Duration = .seconds(60)) async throws -> Result {
        let folder = try TestFolder.make("command")
        defer { TestFolder.remove(folder) }
        let files = (input: "\(folder)/in", output: "\(folder)/out", diagnostics: "\(folder)/err")
        try Data(input).write(to: URL(fileURLWithPath: files.input))
        // A shell opens the files, because ChildProcess puts standard output and error in one log.
        let process = try ChildProcess(
            "/bin/sh",
            ["-c", #"in=$1 out=$2; shift 2; exec "$@" <"$in" >"$out""#, "sh", files.input, files.output, executable]
                + arguments,
            environment: environment, log: files.diagnostics)
        let killer = Task.detached {
            guard await sleepUnlessCancelled(for: deadline) else { return false }
            return process.signal(SIGKILL)
        }
        let exit = await process.wait()
        killer.cancel()
        if await killer.value {
            throw Failure(description: "\(executable) took longer than \(deadline): \(process.logTail())")
        }
        let output = TestFolder.read(files.output) ?? Data()
        return Result(exit: exit, output: [UInt8](output), diagnostics: process.logTail(lines: 100))
    }

    /// Runs the program and throws when it does not end with 0.
    @discardableResult
    package func runSuccessfully(deadline: Duration = .seconds(60)) async throws -> Result {
        let result = try await run(deadline: deadline)
        guard result.succeeded else {
            throw Failure(description: "\(executable) ended with \(result.exit): \(result.diagnostics)\n\(result.text)")
        }
        return result
    }
}
