import PlatformAPI

/// The options of a command with the values that flags, environment and defaults give them.
struct OptionValues: Sendable {
    private let command: String
    private let options: [CommandOption]
    private let flags: [String: [String]]
    private let environment: [String: String]

    /// - Parameters:
    ///   - command: for error messages: "tgs operator".
    ///   - arguments: those behind the command's name.
    /// - Throws: ``UsageError`` for an unknown flag (with the nearest known one), a flag without its value, or a word that
    ///   is no flag.
    init(
        command: String, options: [CommandOption], arguments: [String], environment: [String: String]
    ) throws(UsageError) {
        self.command = command
        self.options = options
        self.environment = environment
        var flags: [String: [String]] = [:]
        var rest = arguments[...]
        while let argument = rest.popFirst() {
            let long = Self.spelledOut(argument, options)
            guard long.hasPrefix("--") else {
                throw UsageError("\(command) takes no argument \"\(argument)\"; see \(command) --help")
            }
            let parts = long.dropFirst(2).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = String(parts[0])
            guard let option = options.first(where: { $0.name == name }) else {
                let hint = Self.nearest(name, options).map { ", did you mean --\($0)?" } ?? "."
                throw UsageError("\(command) has no flag --\(name)\(hint) See \(command) --help")
            }
            if parts.count == 2 {
                flags[name, default: []].append(String(parts[1]))
            } else if option.placeholder == nil {
                flags[name, default: []].append("true")
            } else if let value = rest.popFirst() {
                flags[name, default: []].append(value)
            } else {
                throw UsageError("--\(name) needs a value: --\(name) \(option.placeholder ?? "")")
            }
        }
        self.flags = flags
    }

    /// The value; `nil` when there is none. An empty one counts as none.
    func optional(_ name: String) -> String? { given(name).flatMap { $0.text.isEmpty ? nil : $0.text } }

    /// The values of an option that may be given several times, in their order.
    /// - Throws: ``UsageError`` when there is none.
    func strings(_ name: String) throws(UsageError) -> [String] {
        if let values = flags[name], !values.isEmpty { return values }
        return try string(name).split(separator: ",").map { String($0) }
    }

    func string(_ name: String) throws(UsageError) -> String {
        guard let value = given(name)?.text, !value.isEmpty else {
            let option = option(name)
            throw UsageError("\(command) needs --\(name) \(option.placeholder ?? "") (or \(option.variable))")
        }
        return value
    }

    func flag(_ name: String) throws(UsageError) -> Bool {
        guard let (text, source) = given(name) else { return false }
        switch text.lowercased() {
        case "true", "yes", "1", "on": return true
        case "false", "no", "0", "off", "": return false
        default: throw UsageError("\(source) is \"\(text)\": true or false is wanted")
        }
    }

    func integer(_ name: String, in range: ClosedRange<Int>) throws(UsageError) -> Int {
        let text = try string(name)
        guard let value = Int(text), range.contains(value) else {
            throw UsageError(
                "\(given(name)?.source ?? name) is \"\(text)\": a whole number from \(range.lowerBound) to "
                    + "\(range.upperBound) is wanted")
        }
        return value
    }

    func port(_ name: String) throws(UsageError) -> UInt16 { UInt16(try integer(name, in: 0...65535)) }

    func number(_ name: String, above least: Double) throws(UsageError) -> Double {
        let text = try string(name)
        guard let value = Double(text), value > least, value.isFinite else {
            throw UsageError("\(given(name)?.source ?? name) is \"\(text)\": a number above \(least) is wanted")
        }
        return value
    }

    /// A number from 0 to 1.
    func fraction(_ name: String) throws(UsageError) -> Double {
        let text = try string(name)
        guard let value = Double(text), (0...1).contains(value) else {
            throw UsageError("\(given(name)?.source ?? name) is \"\(text)\": a number from 0 to 1 is wanted")
        }
        return value
    }

    func duration(_ name: String) throws(UsageError) -> Duration {
        let text = try string(name)
        guard let value = DurationText.parse(text), value > .zero else {
            throw UsageError("\(given(name)?.source ?? name) is \"\(text)\": a duration such as 30s or 10m is wanted")
        }
        return value
    }

    /// - Parameter range: in whole seconds.
    func duration(_ name: String, in range: ClosedRange<Int>) throws(UsageError) -> Duration {
        let value = try duration(name)
        guard value >= .seconds(range.lowerBound), value <= .seconds(range.upperBound) else {
            throw UsageError(
                "\(given(name)?.source ?? name) is \"\(try string(name))\": from \(range.lowerBound)s to "
                    + "\(range.upperBound)s is wanted")
        }
        return value
    }

    func choice<Value: RawRepresentable & CaseIterable>(
        _ name: String, _ type: Value.Type
    ) throws(UsageError) -> Value where Value.RawValue == String {
        let text = try string(name)
        guard let value = Value(rawValue: text) else {
            let known = Value.allCases.map(\.rawValue).joined(separator: ", ")
            throw UsageError("\(given(name)?.source ?? name) is \"\(text)\": one of \(known) is wanted")
        }
        return value
    }

    private func option(_ name: String) -> CommandOption {
        guard let option = options.first(where: { $0.name == name }) else {
            preconditionFailure("\(command) declares no option \(name)")
        }
        return option
    }

    /// The value and where it comes from, for errors.
    private func given(_ name: String) -> (text: String, source: String)? {
        let option = option(name)
        if let value = flags[name]?.last { return (value, "--\(name)") }
        if let value = environment[option.variable], !value.isEmpty { return (value, option.variable) }
        return option.defaultValue.map { ($0, "the default of --\(name)") }
    }

    /// "-f" as "--file"; all else as it is.
    private static func spelledOut(_ argument: String, _ options: [CommandOption]) -> String {
        guard argument.count == 2, argument.hasPrefix("-"), let letter = argument.last,
            let option = options.first(where: { $0.letter == letter })
        else { return argument }
        return "--\(option.name)"
    }

    private static func nearest(_ name: String, _ options: [CommandOption]) -> String? {
        let scored = options.map { (name: $0.name, distance: EditDistance.between(name, $0.name)) }
        guard let best = scored.min(by: { $0.distance < $1.distance }), best.distance <= 3 else { return nil }
        return best.name
    }
}

/// How many letters differ, for "did you mean".
enum EditDistance {
    /// The Levenshtein distance.
    static func between(_ a: String, _ b: String) -> Int {
        let b = Array(b)
        var row = Array(0...b.count)
        for (i, letter) in a.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for j in 0..<b.count {
                let substituted = diagonal + (letter == b[j] ? 0 : 1)
                diagonal = row[j + 1]
                row[j + 1] = min(substituted, row[j] + 1, diagonal + 1)
            }
        }
        return row[b.count]
    }
}
