import JSON
import KubernetesClient
import KubernetesTypes
import TestRig
import Testing

@Suite struct ApplyTests {
    @Test func appliesWithConflictAndForce() async throws {
        try await withClient { client, namespace in
            let mine = ConfigMap("a", in: namespace, data: ["x": "1", "y": "1"])
            let made = try await client.apply(mine, fieldManager: "one")
            let again = try await client.apply(mine, fieldManager: "one")
            #expect(again.metadata.resourceVersion == made.metadata.resourceVersion)

            let theirs = ConfigMap("a", in: namespace, data: ["x": "2"])
            let conflict = try #require(await error { _ = try await client.apply(theirs, fieldManager: "two") })
            #expect(conflict.isConflict)
            #expect(conflict.status?.details?.causes?.first?.field == ".data.x")
            #expect(conflict.message.contains("one"))
            let forced = try await client.apply(theirs, fieldManager: "two", force: true)
            #expect(forced.data == ["x": "2", "y": "1"])
            // What a manager no longer states and nobody else owns goes.
            let less = try await client.apply(ConfigMap("a", in: namespace, data: [:]), fieldManager: "one")
            #expect(less.data == ["x": "2"])
        }
    }

    // API servers read an apply's body as YAML, which JSON is only nearly.
    @Test func appliesAllText() async throws {
        try await withClient { client, namespace in
            var text =
                "/ \\ \" \t\n\r <>&' 🙂 é: #- {}[] \u{7f}\u{85}\u{9f}\u{a0}\u{2028}\u{2029}\u{feff}\u{8}\u{c}\u{1}"
            text += String(repeating: "x y\n", count: 2000)
            let object = ConfigMap("text", in: namespace, data: ["k": text])
            #expect(try await client.apply(object, fieldManager: "t").data?["k"] == text)
            let key = ObjectKey(namespace: namespace, name: "raw")
            let json =
                #"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"raw"},"data":{"k":"a\/\ud83d\ude42\u00e9\\\/\\u0041"}}"#
            let raw = try await client.apply(
                json: Array(json.utf8), definition: ConfigMap.definition, key: key, fieldManager: "t")
            #expect(!raw.isEmpty)
            #expect(try await client.get(ConfigMap.self, key).data?["k"] == #"a/🙂é\/\u0041"#)
        }
    }

    @Test func statusAndScaleOfADeployment() async throws {
        try await withClient { client, namespace in
            let key = ObjectKey(namespace: namespace, name: "d")
            let applied = try await client.apply(
                json: Deployment.json("d"), definition: Deployment.definition, key: key, fieldManager: "t")
            // Everything that was wished for is found in what the server made of it.
            let observed = try LeafDigest(json: applied)
            #expect(observed.contains(try LeafDigest(json: Deployment.json("d"))))
            #expect(!observed.contains(try LeafDigest(json: Deployment.json("d", image: "x:2"))))

            var scale = try await client.scale(Deployment.definition, key)
            #expect(scale.spec.replicas == 1)
            scale = try await client.setScale(Deployment.definition, key, replicas: 3, fieldManager: "s")
            #expect(scale.spec.replicas == 3)
            scale = try await client.setScale(Deployment.definition, key, replicas: 0)
            #expect((scale.spec.replicas ?? 0) == 0)
            #expect(try await client.get(Deployment.self, key).spec?.replicas == 0)

            let patched = try await client.patch(
                Deployment.self, key, .merge(["status": ["replicas": 7, "observedGeneration": 3]]), subresource: .status
            )
            #expect(patched.status?.replicas == 7)
            // The status is not touched by a write to the object itself.
            let kept = try await client.patch(Deployment.self, key, .merge(["status": ["replicas": 9]]))
            #expect(kept.status?.replicas == 7)
        }
    }

    @Test func statusOfACustomResource() async throws {
        try await withClient { client, namespace in
            let group = "t\(namespace.suffix(8)).example.com"
            let definition = ResourceDefinition(group: group, version: "v1", kind: "Widget", plural: "widgets")
            #expect(try await client.discover(group: group, version: "v1") == nil)
            #expect(try await client.hasResource(definition) == false)
            let crd: JSONValue = [
                "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
                "metadata": ["name": .string("widgets.\(group)")],
                "spec": [
                    "group": .string(group), "scope": "Namespaced",
                    "names": ["plural": "widgets", "kind": "Widget", "listKind": "WidgetList", "singular": "widget"],
                    "versions": [
                        [
                            "name": "v1", "served": true, "storage": true,
                            "subresources": [
                                "status": [:],
                                "scale": ["specReplicasPath": ".spec.n", "statusReplicasPath": ".status.n"],
                            ],
                            "schema": [
                                "openAPIV3Schema": [
                                    "type": "object",
                                    "properties": [
                                        "spec": ["type": "object", "properties": ["n": ["type": "integer"]]],
                                        "status": ["type": "object", "properties": ["n": ["type": "integer"]]],
                                    ],
                                ]
                            ],
                        ]
                    ],
                ],
            ]
            let crds = ResourceDefinition(
                group: "apiextensions.k8s.io", version: "v1", kind: "CustomResourceDefinition",
                plural: "customresourcedefinitions", isNamespaced: false)
            let crdKey = ObjectKey(namespace: nil, name: "widgets.\(group)")
            _ = try await client.apply(
                json: try encode(crd), definition: crds, key: crdKey, fieldManager: "t")
            try await waitUntil("the CRD is served") { try await client.hasResource(definition) }

            let key = ObjectKey(namespace: namespace, name: "w")
            let object: JSONValue = [
                "apiVersion": .string("\(group)/v1"), "kind": "Widget", "metadata": ["name": "w"], "spec": ["n": 2],
            ]
            try await waitUntil("the CRD takes objects") {
                await error {
                    _ = try await client.apply(
                        json: try encode(object), definition: definition, key: key, fieldManager: "t")
                } == nil
            }
            let status: JSONValue = [
                "apiVersion": .string("\(group)/v1"), "kind": "Widget", "metadata": ["name": "w"], "status": ["n": 5],
            ]
            let answer = try await client.apply(
                json: try encode(status), definition: definition, key: key, fieldManager: "s", subresource: .status)
            let scale = try await client.scale(definition, key)
            #expect(scale.spec.replicas == 2)
            #expect(scale.status?.replicas == 5)
            #expect(try LeafDigest(json: answer).contains(try LeafDigest(json: try encode(object))))
            try await client.delete(crds, crdKey)
        }
    }

    @Test func discovers() async throws {
        try await withClient { client, _ in
            let version = try await client.serverVersion()
            #expect(version.major == "1")
            #expect((version.minorNumber ?? 0) >= 20)
            #expect(try await client.hasResource(Secret.definition))
            #expect(try await client.hasResource(Deployment.definition))
            #expect(try await client.discover(group: "apps", version: "v1")?.contains("deployments/scale") == true)
            let unknown = ResourceDefinition(group: "keda.sh", version: "v1alpha1", kind: "X", plural: "xs")
            #expect(try await client.hasResource(unknown) == false)
        }
    }
}
