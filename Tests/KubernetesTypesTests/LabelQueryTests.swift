import Foundation
import KubernetesTypes
import Testing

@Suite struct LabelQueryTests {
    private let labels = ["app": "bot", "tier": "front"]

    private func query(_ json: String) throws -> LabelQuery {
        try JSONDecoder().decode(LabelQuery.self, from: Data(json.utf8))
    }

    @Test(
        arguments: [
            ("{}", true),
            (#"{"matchLabels":{"app":"bot"}}"#, true),
            (#"{"matchLabels":{"app":"bot","tier":"back"}}"#, false),
            (#"{"matchLabels":{"other":"bot"}}"#, false),
            (#"{"matchExpressions":[{"key":"tier","operator":"In","values":["back","front"]}]}"#, true),
            (#"{"matchExpressions":[{"key":"tier","operator":"In","values":["back"]}]}"#, false),
            (#"{"matchExpressions":[{"key":"none","operator":"In","values":["back"]}]}"#, false),
            (#"{"matchExpressions":[{"key":"tier","operator":"NotIn","values":["front"]}]}"#, false),
            (#"{"matchExpressions":[{"key":"none","operator":"NotIn","values":["front"]}]}"#, true),
            (#"{"matchExpressions":[{"key":"tier","operator":"Exists"}]}"#, true),
            (#"{"matchExpressions":[{"key":"none","operator":"Exists"}]}"#, false),
            (#"{"matchExpressions":[{"key":"tier","operator":"DoesNotExist"}]}"#, false),
            (#"{"matchExpressions":[{"key":"none","operator":"DoesNotExist"}]}"#, true),
            (#"{"matchExpressions":[{"key":"tier","operator":"Resembles","values":["front"]}]}"#, false),
            (#"{"matchLabels":{"app":"bot"},"matchExpressions":[{"key":"tier","operator":"DoesNotExist"}]}"#, false),
        ] as [(String, Bool)])
    func findsWhatKubernetesWould(json: String, expected: Bool) throws {
        #expect(try query(json).matches(labels) == expected)
    }

    @Test func onlyOneThatAsksForNothingIsEmpty() throws {
        #expect(try query("{}").isEmpty)
        #expect(try query(#"{"matchLabels":{},"matchExpressions":[]}"#).isEmpty)
        #expect(try !query(#"{"matchLabels":{"a":"b"}}"#).isEmpty)
        #expect(try !query(#"{"matchExpressions":[{"key":"a","operator":"Exists"}]}"#).isEmpty)
    }
}
