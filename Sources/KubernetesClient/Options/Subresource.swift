/// A part of an object with a path of its own.
package struct Subresource: RawRepresentable, Hashable, Sendable {
    package let rawValue: String

    package init(rawValue: String) { self.rawValue = rawValue }

    package static let status = Subresource(rawValue: "status")
    package static let scale = Subresource(rawValue: "scale")
}
