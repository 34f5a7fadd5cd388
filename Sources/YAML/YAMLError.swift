/// Why a text is not the YAML that this module takes.
package struct YAMLError: Error, Sendable, Equatable, CustomStringConvertible {
    package enum Code: Sendable, Equatable {
        /// The text breaks YAML's grammar.
        case syntax
        /// YAML that JSON has no equal for: a mapping as a key, `.nan`, a tag of one's own.
        case unsupported
        /// A key stands twice in one mapping.
        case duplicateKey
        /// Nesting, or what aliases expand to, is beyond the limits.
        case tooLarge
        /// The document does not fit the type it is decoded into.
        case mismatch
    }

    package let code: Code
    /// What is wrong, without the place.
    package let message: String
    /// Counted from 1; 0 when there is no one place.
    package let line: Int
    /// Counted from 1; 0 when there is no one place.
    package let column: Int

    package init(_ code: Code, _ message: String, line: Int = 0, column: Int = 0) {
        self.code = code
        self.message = message
        self.line = line
        self.column = column
    }

    package var description: String { line > 0 ? "line \(line), column \(column): \(message)" : message }

    /// The same text gives the same error.
    package var isRetriable: Bool { false }
}
