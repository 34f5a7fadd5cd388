package import KubernetesClient
package import KubernetesTypes

import JSON

/// Where an event recorder writes to.
package protocol EventWriter: Sendable {
    func create(_ event: Event) async throws
    /// Sets the series of an event that is there. Answers whether it is (they are deleted after an hour or so).
    func update(_ key: ObjectKey, _ series: Event.Series) async throws -> Bool
}

extension KubernetesClient: EventWriter {
    package func create(_ event: Event) async throws {
        let _: Event = try await create(event, fieldManager: nil)
    }

    package func update(_ key: ObjectKey, _ series: Event.Series) async throws -> Bool {
        let value: JSONValue = [
            "series": ["count": .int(Int64(series.count)), "lastObservedTime": .string(series.lastObservedTime)]
        ]
        do {
            _ = try await rawPatch(Event.definition, key, .merge(value))
            return true
        } catch let error as KubernetesError where error.isNotFound {
            return false
        }
    }
}
