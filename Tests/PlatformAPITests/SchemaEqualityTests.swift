import Foundation
import JSON
import KubernetesTypes
import Testing

@testable import PlatformAPI

/// The CRDs and the Swift types are equal: each field of one is a field of the other, with the same type, the same
/// words to choose from, and as necessary.
///
/// The types are not read but asked: ``SchemaProbe`` decodes them and writes down what they want. So a field that is
/// added to a type alone, or to a schema alone, makes these tests fail without anybody having listed it here.
@Suite struct SchemaEqualityTests {
    /// A resource with its definition.
    struct Kind: CustomTestStringConvertible, Sendable {
        let plural: String
        let probe: @Sendable () throws -> (encoded: JSONValue, shape: Shape)
        var testDescription: String { plural }

        init(_ type: (some KubernetesResource).Type) {
            plural = type.definition.plural
            probe = {
                let (value, shape) = try SchemaProbe.probe(type)
                let encoded = try JSONDecoder().decode(JSONValue.self, from: JSONEncoder().encode(value))
                return (encoded, shape)
            }
        }

        /// The shape that the Swift type decodes, without the metadata that every object has.
        var shape: Shape {
            get throws { try probe().shape.only(["spec", "status"]) }
        }
    }

    static let kinds = [Kind(TelegramBot.self), Kind(TelegramGateway.self)]

    @Test(arguments: kinds)
    func theTypeDecodesWhatTheSchemaHas(kind: Kind) throws {
        let schema = try Shape(schema: try CRDFile(kind.plural).schema)
        let differences = try kind.shape.differences(from: schema)
        #expect(differences == [])
    }

    @Test(arguments: kinds)
    func theTypeEncodesWhatTheSchemaHas(kind: Kind) throws {
        let schema = try Shape(schema: try CRDFile(kind.plural).schema)
        let encoded = try #require(try kind.probe().encoded.objectValue)
        let value = JSONValue.object(encoded.filter { ["spec", "status"].contains($0.key) })
        let differences = schema.differences(fromFullValue: value)
        #expect(differences == [])
    }

    /// The comparison of the two tests above, tried with every schema that is one step away from the true one.
    @Test(arguments: kinds)
    func everyDifferenceIsFound(kind: Kind) throws {
        let (encoded, _) = try kind.probe()
        let value = JSONValue.object((encoded.objectValue ?? [:]).filter { ["spec", "status"].contains($0.key) })
        let mine = try kind.shape
        let schema = try CRDFile(kind.plural).schema
        // With a difference already there nothing can be said of others.
        guard try mine == Shape(schema: schema) else { return }
        let mutations = SchemaMutations.all(of: schema)
        // Six changes of each field: gone, necessity, three or four other types; besides one more for each object.
        #expect(mutations.count > 5 * mine.fields().count)
        for mutation in mutations {
            // What cannot be compared is found, too.
            guard let changed = try? Shape(schema: mutation.schema) else { continue }
            #expect(!mine.differences(from: changed).isEmpty, "\(mutation.what)")
            if mutation.what.hasSuffix("added") || mutation.what.hasSuffix("taken away"), !mutation.what.contains(":") {
                #expect(!changed.differences(fromFullValue: value).isEmpty, "\(mutation.what)")
            }
        }
    }

    @Test(arguments: kinds)
    func theReferenceHasARowForEveryField(kind: Kind) throws {
        guard case .object(let parts) = try kind.shape else { return }
        let page = try ProjectFile.text("docs/reference/\(kind.plural.dropLast()).md")
        for (name, part) in parts {
            let section = page.split(separator: "\n## ").first { $0.hasPrefix("\(name)\n") } ?? ""
            let missing = part.shape.fields().filter { !section.contains("\n| `\($0)` | ") }
            #expect(missing == [], "\(name): run make reference")
        }
    }

    @Test func theProbeSeesTypesAsTheyAre() throws {
        struct Sample: Codable {
            enum Choice: String, Codable, CaseIterable { case one = "One", two = "Two" }
            struct Inner: Codable { var a: Bool }
            enum CodingKeys: String, CodingKey {
                case text = "renamed"
                case number, flag, choice, list, map, inner, either, free, ratio
            }
            var text: String
            var number: Int64?
            var flag: Bool?
            var choice: Choice?
            var list: [Inner]?
            var map: [String: Int]?
            var inner: Inner
            var either: IntOrString
            var free: JSONValue
            var ratio: Double
        }
        let expected: [String: Shape.Member] = [
            "renamed": .init(shape: .string, isRequired: true),
            "number": .init(shape: .integer, isRequired: false),
            "flag": .init(shape: .boolean, isRequired: false),
            "choice": .init(shape: .choice(["One", "Two"]), isRequired: false),
            "list": .init(shape: .list(.object(["a": .init(shape: .boolean, isRequired: true)])), isRequired: false),
            "map": .init(shape: .map(.integer), isRequired: false),
            "inner": .init(shape: .object(["a": .init(shape: .boolean, isRequired: true)]), isRequired: true),
            "either": .init(shape: .intOrString, isRequired: true),
            "free": .init(shape: .anything, isRequired: true),
            "ratio": .init(shape: .number, isRequired: true),
        ]
        let (_, shape) = try SchemaProbe.probe(Sample.self)
        #expect(shape == .object(expected))
    }

    @Test func theProbeRefusesWhatItCannotCompare() {
        enum Closed: String, Codable { case one }
        struct Sample: Codable { var closed: Closed }
        #expect(throws: Shape.Unknown.self) { try SchemaProbe.probe(Sample.self) }
        for schema in [
            ["type": "object"], ["type": "array"], ["type": "string", "nullable": true], [:],
            ["type": "object", "required": ["a"], "properties": ["b": ["type": "string"]]],
            ["type": "object", "required": ["a"], "properties": ["a": ["type": "string", "nullable": true]]],
            ["type": "string", "enum": ["On", false]],
        ] as [JSONValue] {
            #expect(throws: Shape.Unknown.self, "\(schema)") { try Shape(schema: schema) }
        }
        // A null decodes as an absence.
        let nullable: JSONValue = ["type": "object", "properties": ["a": ["type": "string", "nullable": true]]]
        #expect(throws: Never.self) { try Shape(schema: nullable) }
    }
}
