import Foundation
import JSON
import KubernetesTypes
import Testing

@Suite struct StrategicMergeTests {
    private let base: JSONValue = [
        "metadata": ["labels": ["a": "1"]],
        "spec": [
            "automountServiceAccountToken": false,
            "containers": [
                ["name": "bot", "image": "x:1", "env": [["name": "A", "value": "1"]], "args": ["one", "two"]]
            ],
        ],
    ]

    @Test func objectsAndNamedElementsAreMerged() {
        let merged = StrategicMerge.merge(
            base,
            with: [
                "metadata": ["labels": ["b": "2"]],
                "spec": [
                    "containers": [
                        ["name": "side", "image": "y:1"],
                        [
                            "name": "bot", "env": [["name": "B", "value": "2"], ["name": "A", "value": "3"]],
                            "args": ["other"],
                        ],
                    ],
                    "tolerations": [["key": "spot"]],
                ],
            ])
        #expect(
            merged == [
                "metadata": ["labels": ["a": "1", "b": "2"]],
                "spec": [
                    "automountServiceAccountToken": false,
                    "containers": [
                        [
                            "name": "bot", "image": "x:1", "args": ["other"],
                            "env": [["name": "A", "value": "3"], ["name": "B", "value": "2"]],
                        ],
                        ["name": "side", "image": "y:1"],
                    ],
                    "tolerations": [["key": "spot"]],
                ],
            ])
    }

    @Test func nullTakesAway() {
        let merged = StrategicMerge.merge(
            base, with: ["spec": ["automountServiceAccountToken": nil, "affinity": ["podAffinity": nil]]])
        #expect(merged["spec"]?.objectValue?.keys.sorted() == ["affinity", "containers"])
        #expect(merged["spec"]?["affinity"] == [:])
        #expect(merged["spec"]?["containers"] == base["spec"]?["containers"])
    }

    @Test func aTemplateIsWrittenWithItsOverlay() throws {
        var template = PodTemplateSpec(
            metadata: ObjectMeta(labels: ["a": "1"]), spec: PodSpec(containers: [Container(name: "bot", image: "x:1")]))
        template.overlay = ["spec": ["hostNetwork": true, "containers": [["name": "bot", "tty": true]]]]
        let json = try JSONDecoder().decode(JSONValue.self, from: try JSONEncoder().encode(template))
        #expect(
            json == [
                "metadata": ["labels": ["a": "1"]],
                "spec": ["hostNetwork": true, "containers": [["name": "bot", "image": "x:1", "tty": true]]],
            ])
    }
}
