package import KubernetesClient
package import KubernetesTypes
package import Observability

import FoundationEssentials

extension Reflector {
    /// A reflector of the objects of `definition` on an API server.
    ///
    /// - Parameters:
    ///   - namespace: `nil` for all namespaces, or for a kind without namespaces.
    ///   - labelSelector: only objects with these labels. An object that loses them counts as deleted.
    ///   - transform: makes from an object's JSON what the store keeps. Keep little: the bytes are dropped.
    package convenience init(
        _ client: KubernetesClient, _ definition: ResourceDefinition, namespace: String? = nil,
        labelSelector: String? = nil, fieldSelector: String? = nil, settings: ReflectorSettings = ReflectorSettings(),
        store: Store<Value> = Store(), logger: Logger, metrics: MetricsRegistry? = nil,
        clock: RuntimeClock = .continuous, transform: @escaping Transform, onEvent: Handler? = nil
    ) {
        let source = KubernetesListWatcher(
            client, definition, namespace: namespace, labelSelector: labelSelector, fieldSelector: fieldSelector)
        let kind = definition.group.isEmpty ? definition.plural : "\(definition.plural).\(definition.group)"
        self.init(
            source, kind: kind, settings: settings, store: store, logger: logger, metrics: metrics, clock: clock,
            transform: transform, onEvent: onEvent)
    }
}

extension Reflector where Value: KubernetesResource {
    /// A reflector that keeps the decoded objects: what their type declares.
    package convenience init(
        _ client: KubernetesClient, of type: Value.Type = Value.self, namespace: String? = nil,
        labelSelector: String? = nil, fieldSelector: String? = nil, settings: ReflectorSettings = ReflectorSettings(),
        store: Store<Value> = Store(), logger: Logger, metrics: MetricsRegistry? = nil,
        clock: RuntimeClock = .continuous, onEvent: Handler? = nil
    ) {
        self.init(
            client, Value.definition, namespace: namespace, labelSelector: labelSelector,
            fieldSelector: fieldSelector, settings: settings, store: store, logger: logger, metrics: metrics,
            clock: clock,
            transform: { json in
                let value = try JSONDecoder().decode(Value.self, from: Data(json))
                return (value.key, value.metadata.resourceVersion ?? "", value)
            }, onEvent: onEvent)
    }
}

extension Reflector where Value == ObservedObject {
    /// A reflector that keeps ``ObservedObject``s: for kinds that are written, not read.
    ///
    /// - Parameter keeping: what is kept of each object.
    package convenience init(
        observing definition: ResourceDefinition, _ client: KubernetesClient, namespace: String? = nil,
        labelSelector: String? = nil, fieldSelector: String? = nil,
        keeping fields: ObservedObject.Fields = ObservedObject.Fields(),
        settings: ReflectorSettings = ReflectorSettings(), store: Store<Value> = Store(), logger: Logger,
        metrics: MetricsRegistry? = nil, clock: RuntimeClock = .continuous, onEvent: Handler? = nil
    ) {
        self.init(
            client, definition, namespace: namespace, labelSelector: labelSelector, fieldSelector: fieldSelector,
            settings: settings, store: store, logger: logger, metrics: metrics, clock: clock,
            transform: { json in
                let object = try ObservedObject(json: json, keeping: fields)
                return (object.key, object.resourceVersion, object)
            }, onEvent: onEvent)
    }
}
