import Foundation
import JSON
import KubernetesTypes
import PlatformAPI
import Testing

@testable import Operator

@Suite struct ObjectDiffTests {
    private func fields(_ wanted: JSONValue, _ live: JSONValue, owned: JSONValue? = Optional.none) -> [String] {
        ObjectDiff(wanted: wanted, live: live, owned: owned) { $0.hasPrefix("data") }.fields.map { field in
            field.isSecret ? "\(field.path) secret" : "\(field.path) \(text(field.old)) \(text(field.new))"
        }
    }

    private func text(_ value: JSONValue?) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        guard let value, let data = try? encoder.encode(value) else { return "-" }
        return String(decoding: data, as: UTF8.self)
    }

    @Test func onlyWhatIsStatedCounts() {
        #expect(
            fields(
                ["spec": ["a": 1, "b": "x"]], ["spec": ["a": 2, "b": "x", "c": 3], "status": ["d": 4]])
                == ["spec.a 2 1"])
    }

    @Test func zeroValuesAreAsGoodAsAbsentOnes() {
        #expect(fields(["spec": ["a": false, "b": 0, "c": "", "d": [:], "e": [], "f": nil]], ["spec": [:]]).isEmpty)
        #expect(fields(["spec": ["a": 0]], ["spec": ["a": 3]]) == ["spec.a 3 0"])
    }

    @Test func quantitiesCountByTheirValue() {
        let wanted: JSONValue = ["resources": ["limits": ["cpu": "1000m", "memory": "1Gi"]], "x": "1000m"]
        #expect(
            fields(wanted, ["resources": ["limits": ["cpu": "1", "memory": "1024Mi"]], "x": "1"])
                == ["x \"1\" \"1000m\""])
        #expect(
            fields(wanted, ["resources": ["limits": ["cpu": "2", "memory": "1Gi"]], "x": "1000m"])
                == ["resources.limits.cpu \"2\" \"1000m\""])
    }

    @Test func namedElementsAreComparedByName() {
        let wanted: JSONValue = ["env": [["name": "A", "value": "1"], ["name": "B", "value": "2"]]]
        let live: JSONValue = [
            "env": [
                ["name": "X", "value": "9"], ["name": "B", "value": "2"], ["name": "A", "value": "0"],
                ["name": "C", "value": "3"],
            ]
        ]
        #expect(fields(wanted, live) == ["env[A].value \"0\" \"1\""])
        // C was stated before and is not any more; X is somebody else's.
        let owned: JSONValue = [
            "f:env": [
                "k:{\"name\":\"A\"}": [".": [:], "f:value": [:]], "k:{\"name\":\"C\"}": [".": [:], "f:value": [:]],
            ]
        ]
        #expect(
            fields(wanted, live, owned: owned).sorted() == [
                "env[A].value \"0\" \"1\"", "env[C] {\"name\":\"C\",\"value\":\"3\"} -",
            ])
    }

    @Test func whatIsNoLongerStatedGoes() {
        let owned: JSONValue = ["f:spec": ["f:a": [:], "f:b": ["f:c": [:]], "f:list": [:], "f:gone": [:]]]
        #expect(
            fields(
                ["spec": ["a": 1, "list": ["x"]]],
                ["spec": ["a": 1, "b": ["c": 2, "d": 3], "list": ["x", "y"]]], owned: owned)
                == ["spec.b.c 2 -", "spec.list[1] \"y\" -"])
    }

    @Test func aManagersFieldsAreFoundByItsName() {
        let live: JSONValue = [
            "metadata": [
                "managedFields": [
                    ["manager": "telegram-serverless", "operation": "Update", "fieldsV1": ["f:x": [:]]],
                    [
                        "manager": "telegram-serverless", "operation": "Apply", "subresource": "status",
                        "fieldsV1": ["f:status": [:]],
                    ],
                    ["manager": "telegram-serverless", "operation": "Apply", "fieldsV1": ["f:spec": [:]]],
                ]
            ]
        ]
        #expect(ObjectDiff.owned(by: FieldManager.main, of: live) == ["f:spec": [:]])
        #expect(ObjectDiff.owned(by: "other", of: live) == nil)
    }

    @Test func secretsAndFingerprintsAreNotTold() {
        let wanted: JSONValue = [
            "metadata": ["annotations": [Annotations.appliedHash: "new", "a.b/c": "1"]], "data": ["token": "bmV3"],
        ]
        #expect(
            fields(wanted, ["metadata": ["annotations": [Annotations.appliedHash: "old"]], "data": ["token": "b2xk"]])
                == ["data.token secret", "metadata.annotations[a.b/c] - \"1\""])
        let field = ObjectDiff(wanted: wanted, live: Optional.none) { $0.hasPrefix("data") }.fields.first
        #expect(field?.old == nil && field?.new == nil)
    }

    /// What the digest calls no difference is none here, and the other way round.
    @Test func agreesWithTheDigest() throws {
        let wanted = try #require(WorkerManifests.deployment(Samples.context()))
        let json = try Applier.stamped(wanted)
        let value = try JSONDecoder().decode(JSONValue.self, from: Data(json))
        #expect(ObjectDiff(wanted: value, live: value) { _ in false }.fields.isEmpty)
        for change in ["image", "memory", "value"] {
            let text = String(decoding: json, as: UTF8.self)
            let changed = text.replacingOccurrences(of: "\"\(change)\":\"", with: "\"\(change)\":\"1")
            let live = try JSONDecoder().decode(JSONValue.self, from: Data(changed.utf8))
            let isContained = try LeafDigest(json: Array(changed.utf8)).contains(LeafDigest(json: json))
            #expect(!isContained)
            #expect(!ObjectDiff(wanted: value, live: live) { _ in false }.fields.isEmpty)
        }
    }
}
