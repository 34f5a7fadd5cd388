/// An event of a watch whose object nobody has decoded.
package struct RawWatchEvent: Sendable, Equatable {
    package enum Kind: String, Sendable {
        case added = "ADDED"
        case modified = "MODIFIED"
        case deleted = "DELETED"
        /// The object holds nothing but its kind and `metadata.resourceVersion`.
        case bookmark = "BOOKMARK"
    }

    package let kind: Kind
    /// The object's JSON.
    package let object: [UInt8]

    package init(kind: Kind, object: [UInt8]) {
        self.kind = kind
        self.object = object
    }
}
