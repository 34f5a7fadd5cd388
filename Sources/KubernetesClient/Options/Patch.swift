package import JSON

/// A change to an object. For server-side apply there is `apply`.
package enum Patch: Sendable, Hashable {
    /// JSON Merge Patch (RFC 7386): members are merged, `null` removes, arrays are replaced whole.
    case merge(JSONValue)
    /// JSON Patch (RFC 6902): steps that are carried out all or not at all.
    case json([JSONPatchOperation])
}
