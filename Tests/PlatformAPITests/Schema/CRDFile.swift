import Foundation
import JSON
import Testing
import YAML

/// A CustomResourceDefinition of the folder `crds`.
struct CRDFile {
    let content: JSONValue

    /// - Parameter plural: the file's name without its end.
    init(_ plural: String) throws {
        content = try YAML.parse(ProjectFile.text("crds/\(plural).yaml"))
    }

    /// The only version.
    var version: JSONValue {
        get throws {
            let versions = try #require(content["spec"]?["versions"]?.arrayValue)
            #expect(versions.count == 1)
            return try #require(versions.first)
        }
    }

    /// The schema of a whole object.
    var schema: JSONValue {
        get throws { try #require(try version["schema"]?["openAPIV3Schema"]) }
    }
}

/// A file of this repository.
enum ProjectFile {
    static func text(_ path: String) throws -> String {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        return try String(contentsOf: root.appending(path: path), encoding: .utf8)
    }
}
