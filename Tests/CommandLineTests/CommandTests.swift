import Foundation
import Testing

@testable import tgs

@Suite struct CommandTests {
    @Test(arguments: TGS.commands.map { $0.name })
    func helpNamesEveryOptionWithItsVariable(name: String) throws {
        let command = try #require(TGS.commands.first { $0.name == name })
        let help = HelpText.command("tgs \(name)", summary: command.summary, options: command.options)
        for option in command.options {
            #expect(help.contains("--\(option.name)"))
            #expect(help.contains("(\(option.variable))"))
            if let value = option.defaultValue { #expect(help.contains("Default: \(value).")) }
        }
        #expect(help.contains("--help"))
        #expect(help.split(separator: "\n").allSatisfy { $0.count <= 100 })
    }

    @Test(arguments: TGS.commands.map { $0.name })
    func optionsHaveNamesOfTheirOwn(name: String) throws {
        let command = try #require(TGS.commands.first { $0.name == name })
        #expect(Set(command.options.map(\.name)).count == command.options.count)
        for option in command.options {
            // Kubernetes makes such variables for a Service named tgs-<part>.
            let parts = ["OPERATOR", "GATEWAY", "SIMULATOR", "MANAGER", "SIDECAR"]
            #expect(!parts.contains { option.variable.hasPrefix("TGS_\($0)_") }, "\(option.variable)")
        }
    }

    @Test(arguments: TGS.commands.map { $0.name })
    func defaultsAreThemselvesValid(name: String) throws {
        let command = try #require(TGS.commands.first { $0.name == name })
        let kubeconfig = try Kubeconfig()
        defer { kubeconfig.remove() }
        let values = try OptionValues(
            command: name, options: command.options, arguments: kubeconfig.arguments(for: command),
            environment: ["TGS_NAME": "n", "TGS_KAFKA_BROKERS": "k:9092", "TGS_FILE": "f"])
        #expect(throws: Never.self) { _ = try command.init(values) }
    }

    @Test func mistakesOnTheCommandLineEndWithTwo() async {
        for arguments in [
            [], ["nothing"], ["operator", "--worker", "3"], ["operator", "--workers"],
            ["operator", "--workers", "many"],
            ["operator", "word"], ["gateway"], ["simulator", "--api-port", "70000"], ["simulator", "--time-scale=0"],
        ] {
            #expect(await TGS.run(arguments, environment: [:]) == 2, "\(arguments)")
        }
        #expect(await TGS.run(["simulator"], environment: ["TGS_ENFORCE_LIMITS": "perhaps"]) == 2)
        #expect(await TGS.run(["gateway", "--name", "g"], environment: ["TGS_LOG_LEVEL": "loud"]) == 2)
    }

    /// Its 2 says that something would change.
    @Test func mistakesOnThePlansCommandLineEndWithOne() async {
        for arguments in [
            ["plan"], ["plan", "bot.yaml"], ["plan", "-f"], ["plan", "-x", "a"], ["plan", "--files", "a"],
            ["plan", "-f", "a", "-o", "yaml"], ["plan", "-f", "a", "--kafka-timeout", "soon"],
        ] {
            #expect(await TGS.run(arguments, environment: [:]) == 1, "\(arguments)")
        }
    }

    @Test func aFileThatIsNotThereIsNamed() throws {
        let kubeconfig = try Kubeconfig()
        defer { kubeconfig.remove() }
        let result = try Program.run(
            ["plan", "-f", "/no/such/bot.yaml"] + kubeconfig.arguments(for: PlanCommand.self))
        #expect(result.code == 1)
        #expect(result.errors.contains("/no/such/bot.yaml cannot be read"), "\(result.errors)")
        #expect(result.output.isEmpty)
    }

    @Test func helpAndVersionEndWithNought() async {
        for arguments in [
            ["--help"], ["-h"], ["help"], ["--version"], ["version"], ["gateway", "--help"], ["operator", "-h"],
        ] {
            #expect(await TGS.run(arguments, environment: [:]) == 0, "\(arguments)")
        }
    }

    @Test func aKubeconfigThatIsNotThereEndsWithOne() async {
        #expect(await TGS.run(["operator", "--kubeconfig", "/does/not/exist"], environment: [:]) == 1)
    }

    @Test func theProgramSaysWhatIsWrong() throws {
        let result = try Program.run(["operatr"])
        #expect(result.code == 2)
        #expect(result.errors.contains("operatr") && result.errors.contains("operator, gateway, simulator"))
        #expect(result.output.isEmpty)
    }

    @Test func theProgramTakesItsEnvironment() throws {
        let result = try Program.run(["simulator"], environment: ["TGS_API_PORT": "none"])
        #expect(result.code == 2)
        #expect(result.errors.contains("TGS_API_PORT is \"none\""))
    }

    @Test func theProgramPrintsHelpToStandardOutput() throws {
        let result = try Program.run(["simulator", "--help"])
        #expect(result.code == 0)
        #expect(result.output.contains("--control-port PORT  (TGS_CONTROL_PORT)"))
        #expect(result.errors.isEmpty)
    }

    @Test func linesAreWrappedAtSpaces() {
        #expect(HelpText.wrap("one two three", at: 7) == ["one two", "three"])
        #expect(HelpText.wrap("verylongword x", at: 4) == ["verylongword", "x"])
        #expect(HelpText.wrap("", at: 4) == [])
    }
}

/// The program beside the tests, as a person runs it.
private enum Program {
    static func run(
        _ arguments: [String], environment: [String: String] = [:]
    ) throws -> (code: Int32, output: String, errors: String) {
        let process = Process()
        process.executableURL = try location()
        process.arguments = arguments
        process.environment = environment
        let output = Pipe()
        let errors = Pipe()
        process.standardOutput = output
        process.standardError = errors
        try process.run()
        let written = output.fileHandleForReading.readDataToEndOfFile()
        let complained = errors.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (
            process.terminationStatus, String(decoding: written, as: UTF8.self),
            String(decoding: complained, as: UTF8.self)
        )
    }

    private static func location() throws -> URL {
        let tests = URL(filePath: CommandLine.arguments[0]).resolvingSymlinksInPath().deletingLastPathComponent()
        return try #require(
            [tests.appending(path: "tgs"), tests.deletingLastPathComponent().appending(path: "tgs")].first {
                FileManager.default.isExecutableFile(atPath: $0.path)
            }, "tgs is not beside the tests in \(tests.path)")
    }
}

/// A kubeconfig in a file of its own.
private struct Kubeconfig {
    private let file: URL

    init() throws {
        file = FileManager.default.temporaryDirectory.appending(path: "tgs-kubeconfig-\(UUID().uuidString)")
        let text = """
            apiVersion: v1
            kind: Config
            current-context: c
            contexts: [{name: c, context: {cluster: c, user: u, namespace: bots}}]
            clusters: [{name: c, cluster: {server: "http://127.0.0.1:1"}}]
            users: [{name: u, user: {token: t}}]
            """
        try Data(text.utf8).write(to: file)
    }

    func arguments(for command: any Command.Type) -> [String] {
        command.options.contains { $0.name == "kubeconfig" } ? ["--kubeconfig", file.path] : []
    }

    func remove() { try? FileManager.default.removeItem(at: file) }
}
