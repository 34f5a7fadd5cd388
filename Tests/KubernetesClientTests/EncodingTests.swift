import KubernetesTypes
import Testing

@testable import KubernetesClient

@Suite struct EncodingTests {
    @Test func buildsPaths() throws {
        let core = ConfigMap.definition
        let group = ResourceDefinition(
            group: "a.io", version: "v1beta1", kind: "Node", plural: "nodes", isNamespaced: false)
        #expect(try ResourcePath.collection(core, namespace: nil) == "/api/v1/configmaps")
        #expect(try ResourcePath.collection(core, namespace: "n") == "/api/v1/namespaces/n/configmaps")
        let key = ObjectKey(namespace: "n", name: "system:a b%")
        #expect(
            try ResourcePath.object(core, key, .scale) == "/api/v1/namespaces/n/configmaps/system%3Aa%20b%25/scale")
        #expect(
            try ResourcePath.object(group, ObjectKey(namespace: nil, name: "x")) == "/apis/a.io/v1beta1/nodes/x")
        #expect(try ResourcePath.collection(group, namespace: "n") == "/apis/a.io/v1beta1/nodes")
        #expect(throws: KubernetesError.self) { try ResourcePath.collection(core, namespace: "") }
        #expect(throws: KubernetesError.self) { try ResourcePath.object(core, ObjectKey(namespace: "..", name: "x")) }
    }

    @Test func encodesQueries() {
        #expect(PercentEncoding.query([]) == "")
        #expect(PercentEncoding.query([("a", "x=1,y!=é"), ("b", "")]) == "?a=x%3D1%2Cy%21%3D%C3%A9&b=")
        #expect(PercentEncoding.encode("\u{1}") == "%01")
        let list = ListOptions(limit: 5, continueToken: "t", resourceVersion: "1", resourceVersionMatch: .exact)
        #expect(PercentEncoding.query(list.query) == "?limit=5&continue=t")
        let exact = ListOptions(resourceVersion: "1", resourceVersionMatch: .notOlderThan)
        #expect(PercentEncoding.query(exact.query) == "?resourceVersion=1&resourceVersionMatch=NotOlderThan")
    }

    @Test func escapesPointers() {
        #expect(JSONPatchOperation.pointer(["metadata", "labels", "a/b~c"]) == "/metadata/labels/a~1b~0c")
        #expect(JSONPatchOperation.pointer([]) == "")
    }

    @Test(arguments: [
        (#"{"a":"x\/y"}"#, #"{"a":"x/y"}"#), (#"{"a":"\\/"}"#, #"{"a":"\\/"}"#), (#""\ud83d\ude42""#, "\"🙂\""),
        (#""\u00e9\\ud83d""#, #""\u00e9\\ud83d""#), ("\"\u{7f}\u{80}\u{a0}\"", "\"\\u007f\\u0080\u{a0}\""),
        ("\"\u{2028}\u{2029}\u{feff}\u{2030}\"", "\"\\u2028\\u2029\\ufeff\u{2030}\""), (#""\ud83d""#, #""\ud83d""#),
        ("\"é日本🙂\"", "\"é日本🙂\""), ("\\", "\\"),
    ])
    func spellsAppliesAsYAML(json: String, expected: String) {
        #expect(String(decoding: ApplyBody.yamlSafe(Array(json.utf8)), as: UTF8.self) == expected)
    }

    @Test func addsWhatIsMissing() throws {
        func added(_ json: String) throws -> String {
            String(decoding: try JSONSlices.adding([("k", "v"), ("l", "w\"")], to: Array(json.utf8)), as: UTF8.self)
        }
        #expect(try added("{}") == #"{"k":"v","l":"w\""}"#)
        #expect(try added(#" { "k":1}"#) == #"{"l":"w\"", "k":1}"#)
        #expect(try added(#"{"a":{"k":1},"l":2}"#) == #"{"k":"v","a":{"k":1},"l":2}"#)
    }
}
