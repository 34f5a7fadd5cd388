import Glibc

/// `tgs <part>`: one program for every part of the platform.
@main
struct TGS {
    static let version = "0.1.0"
    static var commands: [any Command.Type] {
        [OperatorCommand.self, GatewayCommand.self, SimulatorCommand.self, PlanCommand.self]
    }

    static func main() async {
        OpenFiles.allowAll()
        exit(await run(Array(CommandLine.arguments.dropFirst()), environment: Environment.all))
    }

    /// - Returns: the exit code: 0 after an orderly end, 1 after a failure, 2 when the command line is wrong. A
    ///   ``ReportingCommand`` has its own.
    static func run(_ arguments: [String], environment: [String: String]) async -> Int32 {
        guard let name = arguments.first else {
            Console.error(overview)
            return 2
        }
        switch name {
        case "--help", "-h", "help":
            Console.print(overview)
            return 0
        case "--version", "version":
            Console.print("tgs \(version)\n")
            return 0
        default: break
        }
        guard let command = commands.first(where: { $0.name == name }) else {
            let known = commands.map { $0.name }.joined(separator: ", ")
            Console.error("tgs has no part \"\(name)\". There are: \(known). See tgs --help\n")
            return 2
        }
        return await run(command, Array(arguments.dropFirst()), environment)
    }

    private static func run(
        _ command: any Command.Type, _ arguments: [String], _ environment: [String: String]
    ) async -> Int32 {
        let title = "tgs \(command.name)"
        if arguments.contains("--help") || arguments.contains("-h") {
            Console.print(HelpText.command(title, summary: command.summary, options: command.options))
            return 0
        }
        do {
            let values = try OptionValues(
                command: title, options: command.options, arguments: arguments, environment: environment)
            let command = try command.init(values)
            if let reporting = command as? any ReportingCommand { return try await reporting.report() }
            try await command.run()
            return 0
        } catch let error as UsageError {
            Console.error("\(error)\n")
            return command is any ReportingCommand.Type ? 1 : 2
        } catch {
            Console.error("\(title): \(error)\n")
            return 1
        }
    }

    private static var overview: String {
        var text = "tgs runs Telegram bots on Kubernetes.\n\nUsage: tgs <part> [flags]\n\nParts:\n"
        for command in commands {
            text += "  \(command.name)" + String(repeating: " ", count: max(1, 12 - command.name.count))
            text += "\(command.summary)\n"
        }
        return text + "\nSee tgs <part> --help, and tgs --version.\n"
    }
}
