import Foundation
import JSON
import TestRig
import Testing
import YAML

/// The API server of this process with the platform's definitions in it.
enum Cluster {
    static var plane: ControlPlane {
        get async throws { try await start.value }
    }

    private static let start = Task<ControlPlane, any Error>.detached {
        let plane = try await ControlPlane.shared
        try await plane.applyCRDs(ProjectFolder.crds)
        return plane
    }

    /// The schema of a kind's `spec` or `status` in the folder `crds`.
    static func schema(_ plural: String, _ part: String) throws -> JSONValue {
        let text = try String(contentsOfFile: "\(ProjectFolder.crds)/\(plural).yaml", encoding: .utf8)
        let version = try YAML.parse(text)["spec"]?["versions"]?.arrayValue?.first
        return try #require(version?["schema"]?["openAPIV3Schema"]?["properties"]?[part])
    }
}

extension ControlPlane {
    /// What `kubectl get -o json` says of one object.
    func object(_ kind: String, _ name: String, in namespace: String) async throws -> JSONValue {
        let text = try await kubectl("get", kind, name, "--namespace", namespace, "--output", "json")
        return try JSONDecoder().decode(JSONValue.self, from: Data(text.utf8))
    }
}

extension JSONValue {
    /// What of `wanted` is not here: the paths of its leaves. API servers drop fields that a schema does not have.
    func missing(_ wanted: JSONValue, at path: String = "") -> [String] {
        switch (wanted, self) {
        case (.object(let wanted), .object(let found)):
            return wanted.sorted { $0.key < $1.key }.flatMap { name, value in
                found[name]?.missing(value, at: "\(path).\(name)") ?? ["\(path).\(name)"]
            }
        case (.array(let wanted), .array(let found)) where wanted.count == found.count:
            return zip(wanted, found).enumerated().flatMap { index, pair in
                pair.1.missing(pair.0, at: "\(path)[\(index)]")
            }
        default: return self == wanted ? [] : [path]
        }
    }
}

/// A wait that ended without what it waited for.
struct WaitFailure: Error, CustomStringConvertible {
    let description: String
}

/// Asks until the answer satisfies.
func poll<Value>(
    _ what: String, _ ask: () async throws -> Value, until isRight: (Value) -> Bool
) async throws -> Value {
    let clock = ContinuousClock()
    let deadline = clock.now + .seconds(30)
    while true {
        let value = try await ask()
        if isRight(value) { return value }
        guard clock.now < deadline else { throw WaitFailure(description: "\(what) within 30 s; last: \(value)") }
        try await Task.sleep(for: .milliseconds(100))
    }
}
