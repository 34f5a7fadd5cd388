import ControllerRuntime
import Foundation
import KubernetesClient
import KubernetesTypes
import Observability
import TestRig
import Testing

@Suite struct VersionedListWatcherTests {
    private static func definition(_ version: String) -> ResourceDefinition {
        ResourceDefinition(group: "tests.example.org", version: version, kind: "Lamp", plural: "lamps")
    }

    /// A kind with these versions, each "name served".
    private static func crd(v1: Bool?, v1beta1: Bool) -> String {
        func version(_ name: String, served: Bool, storage: Bool) -> String {
            "{name: \(name), served: \(served), storage: \(storage), "
                + "schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}}"
        }
        var versions = [version("v1beta1", served: v1beta1, storage: true)]
        if let v1 { versions.append(version("v1", served: v1, storage: false)) }
        return """
            apiVersion: apiextensions.k8s.io/v1
            kind: CustomResourceDefinition
            metadata: {name: lamps.tests.example.org}
            spec:
              group: tests.example.org
              names: {kind: Lamp, listKind: LampList, plural: lamps, singular: lamp}
              scope: Namespaced
              versions: [\(versions.joined(separator: ", "))]
            """
    }

    private static func lamp(_ name: String, _ version: String) -> String {
        "{apiVersion: tests.example.org/\(version), kind: Lamp, metadata: {name: \(name), namespace: default}}"
    }

    /// As a cluster that is upgraded: the old version alone, then both, then the new one alone.
    @Test(.timeLimit(.minutes(3))) func aNewVersionIsFollowedWithoutARestart() async throws {
        try await ControlPlane.withOwn { plane in
            func apply(_ yaml: String) async throws {
                // A version that has just come is not found everywhere at once.
                try await eventually("the server takes it") {
                    do {
                        _ = try await plane.kubectl("apply", "--validate=false", "-f", "-", input: yaml)
                        return true
                    } catch { return false }
                }
            }
            let source = VersionedListWatcher(
                try plane.client(), [Self.definition("v1"), Self.definition("v1beta1")], namespace: "default")
            var settings = ReflectorSettings.quick()
            settings.isOptional = true
            settings.absenceConfirmation = .milliseconds(100)
            settings.absentRetry = .milliseconds(100)
            let reflector = Reflector<String>(
                source, kind: "lamps", settings: settings, logger: .silent,
                transform: { json in
                    struct Head: Decodable { let metadata: ObjectMeta }
                    let metadata = try JSONDecoder().decode(Head.self, from: Data(json)).metadata
                    return (
                        ObjectKey(namespace: metadata.namespace, name: metadata.name ?? ""),
                        metadata.resourceVersion ?? "", source.served?.definition.version ?? ""
                    )
                })
            func names() -> Set<String> { Set(reflector.store.keys.map(\.name)) }
            try await running(reflector) {
                try await reflector.waitUntilSynced()
                #expect(reflector.isPresent == false && source.served == nil)

                try await apply(Self.crd(v1: nil, v1beta1: true))
                try await apply(Self.lamp("a", "v1beta1"))
                try await eventually("the old version is read") { names() == ["a"] }
                #expect(source.served == .init(Self.definition("v1beta1"), serverMinor: 20))

                // The server ends watches of a kind that changes.
                try await apply(Self.crd(v1: true, v1beta1: true))
                try await eventually("the new version is preferred") {
                    source.served?.definition == Self.definition("v1")
                }
                try await apply(Self.lamp("b", "v1"))
                try await eventually("its objects come") { names() == ["a", "b"] }

                try await apply(Self.crd(v1: true, v1beta1: false))
                try await apply(Self.lamp("c", "v1"))
                try await eventually("without the old one it goes on") { names() == ["a", "b", "c"] }
                #expect(reflector.store.get(ObjectKey(namespace: "default", name: "c")) == "v1")
            }
        }
    }
}
