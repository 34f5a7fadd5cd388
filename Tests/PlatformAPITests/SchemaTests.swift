import Foundation
import JSON
import KubernetesTypes
import Testing

@testable import PlatformAPI

/// What the CRDs say beside the shape of objects, which is for ``SchemaEqualityTests``.
@Suite struct SchemaTests {
    @Test func whatTheSchemaLetsThroughDecodes() throws {
        for (name, decode) in [
            ("telegrambots", { data in _ = try JSONDecoder().decode(TelegramBot.self, from: data) }),
            ("telegramgateways", { data in _ = try JSONDecoder().decode(TelegramGateway.self, from: data) }),
        ] as [(String, (Data) throws -> Void)] {
            let spec = try #require(try CRDFile(name).schema["properties"]?["spec"])
            for isFull in [true, false] {
                let object: JSONValue = [
                    "metadata": ["name": "x"], "spec": SampleMaker.sample(spec, isFull: isFull),
                ]
                let data = try JSONEncoder().encode(object)
                #expect(throws: Never.self, "\(object)") { try decode(data) }
            }
        }
    }

    @Test(arguments: ["telegrambots", "telegramgateways"])
    func everyFieldIsDescribed(plural: String) throws {
        let schema = try CRDFile(plural).schema
        #expect(schema["description"]?.stringValue?.isEmpty == false)
        #expect(Self.undescribed(schema) == [])
        // The walk itself: it goes into objects, lists and maps.
        let inner: JSONValue = ["properties": ["a": ["type": "string"], "b": ["description": " "]]]
        for outer in [inner, ["items": inner], ["additionalProperties": inner]] {
            let schema: JSONValue = ["properties": ["apiVersion": [:], "o": .object(outer.objectValue ?? [:])]]
            #expect(Self.undescribed(schema) == ["o", "o.a", "o.b"])
        }
    }

    @Test func namesAndVersionsAgree() throws {
        for (name, definition) in [
            ("telegrambots", TelegramBot.definition), ("telegramgateways", TelegramGateway.definition),
        ] {
            let crd = try CRDFile(name)
            #expect(crd.content["spec"]?["group"] == .string(definition.group))
            #expect(crd.content["spec"]?["names"]?["kind"] == .string(definition.kind))
            #expect(crd.content["spec"]?["names"]?["plural"] == .string(definition.plural))
            #expect(try crd.version["name"] == .string(definition.version))
            #expect(crd.content["metadata"]?["name"] == .string("\(definition.plural).\(definition.group)"))
        }
    }

    /// kstatus takes an object without status for done; so one that no operator has seen has a generation there that it
    /// never has itself.
    @Test(arguments: ["telegrambots", "telegramgateways"]) func aFreshObjectIsNotTakenForDone(plural: String) throws {
        let status = try #require(try CRDFile(plural).schema["properties"]?["status"])
        #expect(status["default"] == ["observedGeneration": -1])
    }

    /// Fields without a description, but for those that every object has.
    private static func undescribed(_ schema: JSONValue, at path: String = "") -> [String] {
        var result: [String] = []
        for (name, property) in (schema["properties"]?.objectValue ?? [:]).sorted(by: { $0.key < $1.key }) {
            if path.isEmpty, ["apiVersion", "kind", "metadata"].contains(name) { continue }
            let path = path.isEmpty ? name : "\(path).\(name)"
            let words = property["description"]?.stringValue ?? ""
            if words.allSatisfy(\.isWhitespace) { result.append(path) }
            result += undescribed(property, at: path)
        }
        for inner in ["items", "additionalProperties"] {
            if let element = schema[inner] { result += undescribed(element, at: path) }
        }
        return result
    }
}
