import Foundation
import JSON
import TestRig
import Testing

/// `kubectl explain` is a person's way to the schema.
@Suite struct ExplainTests {
    @Test(arguments: [
        ("telegrambots", "telegrambot", "spec"), ("telegrambots", "telegrambot", "status"),
        ("telegramgateways", "telegramgateway", "spec"),
    ])
    func showsEveryField(plural: String, singular: String, part: String) async throws {
        let plane = try await Cluster.plane
        let expected = Self.fields(of: try Cluster.schema(plural, part))
        #expect(!expected.isEmpty)
        // Definitions reach the server's OpenAPI document a moment after their resources are served.
        let shown = try await poll("kubectl explain shows \(singular).\(part)") {
            Self.fields(explained: try await explain(plane, "\(singular).\(part)", "--recursive"))
        } until: {
            !$0.isEmpty
        }
        #expect(shown.symmetricDifference(expected) == [])
    }

    @Test func describesFields() async throws {
        let plane = try await Cluster.plane
        for path in [
            "spec", "spec.scaling", "spec.scaling.lagThreshold", "spec.worker.env.valueFrom", "status.webhook",
        ] {
            let names = path.split(separator: ".").map(String.init)
            var schema = try Cluster.schema("telegrambots", names[0])
            for name in names.dropFirst() {
                schema = try #require(schema["properties"]?[name] ?? schema["items"]?["properties"]?[name])
            }
            let words = try #require(schema["description"]?.stringValue).split { $0.isWhitespace }
            let text = try await poll("kubectl explain describes \(path)") {
                try await explain(plane, "telegrambot.\(path)")
            } until: {
                $0.contains("DESCRIPTION")
            }
            // kubectl breaks lines where it likes.
            #expect(
                text.split { $0.isWhitespace }.joined(separator: " ").contains(words.joined(separator: " ")), "\(path)")
        }
    }

    private func explain(_ plane: ControlPlane, _ path: String, _ more: String...) async throws -> String {
        do {
            return try await plane.kubectl(
                ["explain", path, "--api-version", "telegram-serverless.io/v1alpha1"] + more)
        } catch let failure as Command.Failure {
            return failure.description
        }
    }

    /// The paths of all fields of a schema: "worker.env.name".
    private static func fields(of schema: JSONValue, at path: String = "") -> Set<String> {
        var result: Set<String> = []
        for (name, property) in schema["properties"]?.objectValue ?? [:] {
            let path = path.isEmpty ? name : "\(path).\(name)"
            result.insert(path)
            result.formUnion(fields(of: property["items"] ?? property, at: path))
        }
        return result
    }

    /// The same of what kubectl printed: a field a line, fields within by deeper indentation.
    private static func fields(explained text: String) -> Set<String> {
        var result: Set<String> = []
        var parents: [(indentation: Int, name: String)] = []
        for line in text.split(separator: "\n").drop(while: { !$0.hasPrefix("FIELDS:") }).dropFirst() {
            let field = line.drop { $0 == " " }
            guard let type = field.firstIndex(of: "<"), !field.hasPrefix("enum:") else { continue }
            let name = field[..<type].trimmingCharacters(in: .whitespaces)
            let indentation = line.count - field.count
            parents.removeAll { $0.indentation >= indentation }
            parents.append((indentation, name))
            result.insert(parents.map(\.name).joined(separator: "."))
        }
        return result
    }
}
