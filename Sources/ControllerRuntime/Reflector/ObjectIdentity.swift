import FoundationEssentials
import KubernetesTypes

/// The least that is read of any object: enough to say which one it is.
struct ObjectIdentity: Decodable {
    struct Metadata: Decodable {
        var name: String?
        var namespace: String?
        var resourceVersion: String?
    }

    var metadata: Metadata

    /// Reads it from an object's JSON.
    static func read(_ json: [UInt8]) throws(ControllerRuntimeError) -> ObjectIdentity {
        do {
            return try JSONDecoder().decode(ObjectIdentity.self, from: Data(json))
        } catch {
            throw ControllerRuntimeError(
                .malformedObject, "the API server sent an object without readable metadata", cause: error)
        }
    }

    var key: ObjectKey { ObjectKey(namespace: metadata.namespace, name: metadata.name ?? "") }
}
