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
