/// What `--help` prints.
enum HelpText {
    private static let width = 96

    static func command(_ name: String, summary: String, options: [CommandOption]) -> String {
        var text = "\(name): \(summary)\n\nUsage: \(name) [flags]\n\nFlags (each with its environment variable):\n"
        for option in options {
            let letter = option.letter.map { "-\($0), " } ?? ""
            text +=
                "  \(letter)--\(option.name)" + (option.placeholder.map { " \($0)" } ?? "") + "  (\(option.variable))\n"
            let byDefault = option.defaultValue.map { " Default: \($0)." } ?? ""
            for line in wrap(option.help + byDefault, at: width - 6) { text += "      \(line)\n" }
        }
        return text + "  --help\n      Prints this.\n"
    }

    /// Breaks at spaces.
    static func wrap(_ text: String, at width: Int) -> [String] {
        var lines: [String] = []
        var line = ""
        for word in text.split(separator: " ") {
            if !line.isEmpty, line.count + 1 + word.count > width {
                lines.append(line)
                line = ""
            }
            line += (line.isEmpty ? "" : " ") + word
        }
        return line.isEmpty ? lines : lines + [line]
    }
}
