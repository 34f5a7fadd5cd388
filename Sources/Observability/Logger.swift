package import FoundationEssentials
import JSON

/// Writes one JSON object a line: `time`, `level`, `logger`, `message`, then the fields.
///
/// A value that looks like a bot token is masked (``Redaction``), whatever field it stands in. Message text, tokens and
/// secrets must not be passed in the first place.
package struct Logger: Sendable {
    /// The least level that is written.
    package var level: LogLevel
    /// Which part speaks: "operator", "gateway".
    package let label: String
    /// Fields added to every line.
    package var fields: [String: LogValue]
    private let sink: @Sendable (String) -> Void
    private let now: @Sendable () -> Date

    /// - Parameters:
    ///   - sink: takes a whole line without its line feed; standard output unless given.
    ///   - now: the clock; the system's unless given.
    package init(
        label: String, level: LogLevel = .info, fields: [String: LogValue] = [:],
        sink: @escaping @Sendable (String) -> Void = StandardOutput.write,
        now: @escaping @Sendable () -> Date = { Date() }
    ) {
        self.label = label
        self.level = level
        self.fields = fields
        self.sink = sink
        self.now = now
    }

    /// A logger that writes nothing.
    package static let silent = Logger(label: "silent", level: .error, sink: { _ in })

    /// The same logger with more fields on every line.
    package func with(_ more: [String: LogValue]) -> Logger {
        var copy = self
        copy.fields.merge(more) { $1 }
        return copy
    }

    package func debug(_ message: @autoclosure () -> String, _ fields: @autoclosure () -> [String: LogValue] = [:]) {
        if level <= .debug { write(.debug, message(), fields()) }
    }

    package func info(_ message: @autoclosure () -> String, _ fields: @autoclosure () -> [String: LogValue] = [:]) {
        if level <= .info { write(.info, message(), fields()) }
    }

    package func warning(_ message: @autoclosure () -> String, _ fields: @autoclosure () -> [String: LogValue] = [:]) {
        if level <= .warning { write(.warning, message(), fields()) }
    }

    package func error(_ message: @autoclosure () -> String, _ fields: @autoclosure () -> [String: LogValue] = [:]) {
        write(.error, message(), fields())
    }

    private func write(_ level: LogLevel, _ message: String, _ more: [String: LogValue]) {
        var line = #"{"time":""#
        line += now().formatted(.iso8601.year().month().day().time(includingFractionalSeconds: true))
        line += #"Z","level":""#
        line += level.rawValue
        line += #"","logger":"#
        JSONText.append(label, to: &line)
        line += #","message":"#
        JSONText.append(Redaction.mask(message), to: &line)
        for (name, value) in fields.merging(more, uniquingKeysWith: { $1 }).sorted(by: { $0.key < $1.key }) {
            line += ","
            JSONText.append(name, to: &line)
            line += ":"
            switch value {
            case .string(let text): JSONText.append(Redaction.mask(text), to: &line)
            case .int(let number): line += "\(number)"
            case .double(let number): line += number.isFinite ? "\(number)" : "null"
            case .bool(let flag): line += flag ? "true" : "false"
            }
        }
        line += "}"
        sink(line)
    }
}
