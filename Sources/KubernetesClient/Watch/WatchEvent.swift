/// What a watch tells. ERROR events are thrown instead.
package enum WatchEvent<Resource: Sendable>: Sendable {
    case added(Resource)
    case modified(Resource)
    /// The object as it was last.
    case deleted(Resource)
    /// Nothing changed up to here: a later watch may go on from this resourceVersion.
    case bookmark(resourceVersion: String)
}

extension WatchEvent: Equatable where Resource: Equatable {}
