package import KubernetesTypes

import FoundationEssentials

/// What is kept of an object that the program writes rather than reads: enough to know whose it is and whether it is as
/// it should be.
package struct ObservedObject: Sendable {
    /// What of an object is kept.
    package struct Fields: Sendable {
        /// Which labels or annotations.
        package enum Names: Sendable {
            case all
            case none
            case only(Set<String>)

            fileprivate func pick(_ all: [String: String]?) -> [String: String]? {
                switch self {
                case .all: return all
                case .none: return nil
                case .only(let names):
                    let picked = all?.filter { names.contains($0.key) } ?? [:]
                    return picked.isEmpty ? nil : picked
                }
            }
        }

        package var labels: Names
        package var annotations: Names

        package init(labels: Names = .all, annotations: Names = .none) {
            self.labels = labels
            self.annotations = annotations
        }
    }

    package let key: ObjectKey
    package let uid: String
    package let resourceVersion: String
    package let generation: Int64?
    /// Those that are kept.
    package let labels: [String: String]?
    /// Those that are kept.
    package let annotations: [String: String]?
    package let ownerReferences: [OwnerReference]
    /// RFC 3339; set once deletion was asked for.
    package let deletionTimestamp: String?
    /// The leaves of the whole object. `digest.contains(desired)` tells without a request whether applying `desired`
    /// would change anything.
    package let digest: LeafDigest

    private struct Partial: Decodable {
        let metadata: ObjectMeta
    }

    /// Reads an object's JSON, which is not kept.
    /// - Throws: ``ControllerRuntimeError`` with `malformedObject`.
    package init(json: [UInt8], keeping fields: Fields = Fields()) throws(ControllerRuntimeError) {
        do {
            let metadata = try JSONDecoder().decode(Partial.self, from: Data(json)).metadata
            digest = try LeafDigest(json: json)
            key = ObjectKey(namespace: metadata.namespace, name: metadata.name ?? "")
            uid = metadata.uid ?? ""
            resourceVersion = metadata.resourceVersion ?? ""
            generation = metadata.generation
            labels = fields.labels.pick(metadata.labels)
            annotations = fields.annotations.pick(metadata.annotations)
            ownerReferences = metadata.ownerReferences ?? []
            deletionTimestamp = metadata.deletionTimestamp
        } catch {
            throw ControllerRuntimeError(.malformedObject, "the object cannot be read: \(error)", cause: error)
        }
    }
}
