/// What `/version` answers: `version.Info`.
package struct ServerVersion: Decodable, Sendable, Equatable, CustomStringConvertible {
    /// "1"; providers add signs: "20+".
    package let major: String
    package let minor: String
    /// "v1.20.2".
    package let gitVersion: String
    package let platform: String?

    package var description: String { gitVersion }

    /// The minor version as a number; `nil` when it does not begin with digits.
    package var minorNumber: Int? { Int(minor.prefix { $0.isNumber }) }
}
