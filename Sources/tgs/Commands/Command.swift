/// A part of the platform as a subcommand of `tgs`.
protocol Command {
    static var name: String { get }
    /// One line for `tgs --help`.
    static var summary: String { get }
    static var options: [CommandOption] { get }
    /// Reads and checks the options; does nothing yet.
    init(_ values: OptionValues) throws
    /// Runs until the end of the program.
    func run() async throws
}

/// A command that looks at something and says by its exit code what it found. As 2 is one of the things found, a wrong
/// command line ends with 1.
protocol ReportingCommand: Command {
    /// - Returns: the exit code.
    func report() async throws -> Int32
}

extension ReportingCommand {
    func run() async throws { _ = try await report() }
}
