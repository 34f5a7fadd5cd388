package import KubernetesTypes

/// The events of one watch. Iterate it once; ending the iteration closes the connection.
package struct WatchStream<Resource: KubernetesResource>: AsyncSequence, Sendable {
    package typealias Element = WatchEvent<Resource>

    let raw: RawWatchStream

    package func makeAsyncIterator() -> Iterator { Iterator(raw: raw.makeAsyncIterator()) }

    package struct Iterator: AsyncIteratorProtocol {
        var raw: RawWatchStream.Iterator

        /// - Returns: `nil` once the server has ended the watch, or nothing came for the idle time-out.
        package mutating func next() async throws -> WatchEvent<Resource>? {
            guard let event = try await raw.next() else { return nil }
            if event.kind == .bookmark { return .bookmark(resourceVersion: try event.resourceVersion()) }
            let object = try Coding.decode(Resource.self, event.object, "a watched \(Resource.definition.kind)")
            return switch event.kind {
            case .added: .added(object)
            case .deleted: .deleted(object)
            case .modified, .bookmark: .modified(object)
            }
        }
    }
}

extension RawWatchEvent {
    /// The object's `metadata.resourceVersion`, which a later watch goes on from.
    package func resourceVersion() throws -> String {
        struct Versioned: Decodable {
            struct Metadata: Decodable { let resourceVersion: String }
            let metadata: Metadata
        }
        return try Coding.decode(Versioned.self, object, "a watch event").metadata.resourceVersion
    }
}
