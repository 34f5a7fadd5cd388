import ControllerRuntime
import KubernetesTypes
import Testing

@Suite struct OwnerMappingTests {
    private static let bots = ResourceDefinition(
        group: "example.io", version: "v1", kind: "Bot", plural: "bots")

    private let json = Array(
        """
        {"metadata":{"name":"secret","namespace":"gateway","uid":"u-1","resourceVersion":"7","generation":3,
          "labels":{"example.io/bot":"echo","example.io/bot-namespace":"shop","other":"x"},
          "annotations":{"example.io/owner":"shop/echo","noise":"…"},
          "ownerReferences":[
            {"apiVersion":"example.io/v1beta1","kind":"Bot","name":"echo","uid":"u-2","controller":true},
            {"apiVersion":"example.io/v1","kind":"Bot","name":"not-controlling","uid":"u-3"},
            {"apiVersion":"other.io/v1","kind":"Bot","name":"other-group","uid":"u-4","controller":true}]},
         "spec":{"replicas":1}}
        """.utf8)

    @Test func ownerReferencesCountByGroupAndKindWhenTheyControl() throws {
        let object = try ObservedObject(json: json)
        #expect(
            OwnerMapping.ownerReference(to: Self.bots).owners(of: object) == [
                ObjectKey(namespace: "gateway", name: "echo")
            ])
    }

    @Test func labelsAndAnnotationsReachAcrossNamespaces() throws {
        let object = try ObservedObject(json: json, keeping: .init(annotations: .all))
        let echo = ObjectKey(namespace: "shop", name: "echo")
        #expect(
            OwnerMapping.label("example.io/bot", namespaceLabel: "example.io/bot-namespace").owners(of: object)
                == [echo])
        #expect(
            OwnerMapping.label("example.io/bot").owners(of: object) == [ObjectKey(namespace: "gateway", name: "echo")])
        #expect(OwnerMapping.annotation("example.io/owner").owners(of: object) == [echo])
        #expect(OwnerMapping.label("absent").owners(of: object).isEmpty)
        #expect(OwnerMapping.annotation("noise").owners(of: object).map(\.name) == ["…"])
        #expect(OwnerMapping.annotation("absent").owners(of: object).isEmpty)
    }

    @Test func onlyWhatAMappingNeedsIsKept() throws {
        for mapping in [
            OwnerMapping.label("example.io/bot", namespaceLabel: "example.io/bot-namespace"),
            .annotation("example.io/owner"),
        ] {
            let object = try ObservedObject(json: json, keeping: mapping.fields)
            #expect(mapping.owners(of: object) == [ObjectKey(namespace: "shop", name: "echo")])
            #expect(object.labels?["other"] == nil)
            #expect(object.annotations?["noise"] == nil)
        }
    }

    @Test func anObservedObjectKnowsWhetherAWishIsFulfilled() throws {
        let object = try ObservedObject(json: json)
        #expect(object.uid == "u-1")
        #expect(object.resourceVersion == "7")
        #expect(object.generation == 3)
        #expect(object.annotations == nil)
        #expect(object.digest.contains(try LeafDigest(json: Array(#"{"spec":{"replicas":1}}"#.utf8))))
        #expect(!object.digest.contains(try LeafDigest(json: Array(#"{"spec":{"replicas":2}}"#.utf8))))
    }

    @Test func whatIsNoObjectIsRefused() {
        #expect(throws: ControllerRuntimeError.self) { try ObservedObject(json: Array("[]".utf8)) }
    }
}
