import Concurrency
import ControllerRuntime
import Foundation
import KubernetesTypes
import Observability

/// What the fake cluster's objects are kept as: their payload.
struct Payload: Decodable {
    let metadata: ObjectMeta
    let data: String

    @Sendable static func transform(_ json: [UInt8]) throws -> (key: ObjectKey, resourceVersion: String, value: String)
    {
        let object = try JSONDecoder().decode(Payload.self, from: Data(json))
        struct Poison: Error {}
        if object.data == "poison" { throw Poison() }
        let key = ObjectKey(namespace: object.metadata.namespace, name: object.metadata.name ?? "")
        return (key, object.metadata.resourceVersion ?? "", object.data)
    }
}

extension ObjectKey {
    /// A name in the namespace "default".
    static func named(_ name: String) -> ObjectKey { ObjectKey(namespace: "default", name: name) }
}

extension ReflectorSettings {
    /// Short pauses.
    static func quick(_ change: (inout ReflectorSettings) -> Void = { _ in }) -> ReflectorSettings {
        var settings = ReflectorSettings()
        settings.backoff = .init(base: .milliseconds(1), maximum: .milliseconds(20), jitter: 0.5)
        settings.absenceConfirmation = .milliseconds(50)
        settings.absentRetry = .milliseconds(20)
        change(&settings)
        return settings
    }
}

extension ControllerSettings {
    /// Short pauses.
    static func quick(_ change: (inout ControllerSettings) -> Void = { _ in }) -> ControllerSettings {
        var settings = ControllerSettings()
        settings.backoff = Backoff(base: .milliseconds(1), maximum: .milliseconds(10))
        settings.statusInterval = .milliseconds(5)
        change(&settings)
        return settings
    }
}
