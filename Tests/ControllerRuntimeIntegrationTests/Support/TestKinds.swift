import ControllerRuntime
import KubernetesClient
import KubernetesTypes

/// `v1.ConfigMap`.
struct ConfigMap: KubernetesResource, Equatable {
    static let definition = ResourceDefinition(group: "", version: "v1", kind: "ConfigMap", plural: "configmaps")
    var metadata: ObjectMeta
    var data: [String: String]?

    init(_ name: String, in namespace: String, labels: [String: String]? = nil, data: [String: String]? = nil) {
        metadata = ObjectMeta(name: name, namespace: namespace, labels: labels)
        self.data = data
    }
}

/// A custom resource of the tests.
struct Widget: KubernetesResource, Equatable {
    static let definition = ResourceDefinition(
        group: "test.example.io", version: "v1", kind: "Widget", plural: "widgets")

    struct Spec: Codable, Sendable, Equatable {
        var text: String
    }

    var metadata: ObjectMeta
    var spec: Spec

    init(_ name: String, in namespace: String, text: String) {
        metadata = ObjectMeta(name: name, namespace: namespace)
        spec = Spec(text: text)
    }

    static let crd = """
        apiVersion: apiextensions.k8s.io/v1
        kind: CustomResourceDefinition
        metadata: {name: widgets.test.example.io}
        spec:
          group: test.example.io
          scope: Namespaced
          names: {kind: Widget, plural: widgets, singular: widget}
          versions:
          - name: v1
            served: true
            storage: true
            schema:
              openAPIV3Schema:
                type: object
                properties:
                  spec: {type: object, properties: {text: {type: string}}}

        """
}

/// Notes what is asked for and passes it on.
struct RecordingListWatcher: ListWatcher {
    let inner: any ListWatcher
    let lists = Recorder<ListRequest>()
    let watches = Recorder<WatchRequest>()
    let bookmarks = Recorder<String>()
    let failures = Recorder<ReflectorFailure>()

    func list(_ request: ListRequest) async throws -> ListPage {
        lists.note(request)
        return try await noting { try await inner.list(request) }
    }

    func watch(_ request: WatchRequest, onEvent: @Sendable (RawObjectEvent) -> Void) async throws {
        watches.note(request)
        let bookmarks = bookmarks
        try await noting {
            try await inner.watch(request) { event in
                if case .bookmark(let version) = event { bookmarks.note(version) }
                onEvent(event)
            }
        }
    }

    private func noting<Result>(_ body: () async throws -> Result) async throws -> Result {
        do {
            return try await body()
        } catch {
            if let failure = error as? ReflectorFailure { failures.note(failure) }
            throw error
        }
    }
}
