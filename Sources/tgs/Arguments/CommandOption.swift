/// An option of a command: a flag on the command line with a twin in the environment. The flag wins.
struct CommandOption: Sendable {
    /// Without the dashes: "log-level".
    let name: String
    /// The environment variable: "TGS_LOG_LEVEL". None begins with TGS_<PART>_, because Kubernetes makes such variables for
    /// Services named tgs-<part>.
    let variable: String
    /// What stands for the value in the help: "PORT". `nil`: a switch, whose value in the environment is true or false.
    let placeholder: String?
    /// The value without flag and variable; `nil`: none.
    let defaultValue: String?
    let help: String
    /// One letter, with one dash: "f" for `-f FILE`.
    let letter: Character?
    /// May be given several times on the command line; in the environment its values have a comma between them.
    let isRepeatable: Bool

    init(
        _ name: String, _ placeholder: String?, default defaultValue: String? = nil, letter: Character? = nil,
        isRepeatable: Bool = false, _ help: String
    ) {
        self.name = name
        variable = "TGS_" + name.uppercased().replacing("-", with: "_")
        self.placeholder = placeholder
        self.defaultValue = defaultValue
        self.help = help
        self.letter = letter
        self.isRepeatable = isRepeatable
    }
}
