import FoundationEssentials
import JSON
import PlatformAPI

/// The spec that a resource has after a file was applied to it: what the file does not state stays, unless the one who
/// applies had stated it before. Pure.
enum AppliedSpec {
    /// - Parameters:
    ///   - written: the file's spec.
    ///   - live: the whole resource as it is.
    static func merged(_ written: JSONValue, live: JSONValue) -> JSONValue {
        merge(written, live["spec"] ?? [:], before: before(live))
    }

    private static func merge(_ written: JSONValue, _ live: JSONValue, before: JSONValue?) -> JSONValue {
        guard case .object(var members) = written, case .object(let present) = live else { return written }
        for (name, value) in present {
            if let own = members[name] {
                members[name] = merge(own, value, before: before?[name])
            } else if before?[name] == nil {
                members[name] = value
            }
        }
        // A null in a file takes the field away.
        return .object(members.filter { $0.value != .null })
    }

    /// The spec's fields as last applied: by kubectl's own account where it has left one, else by that of server-side
    /// apply. Of the latter only the names of fields count.
    private static func before(_ live: JSONValue) -> JSONValue? {
        let account = live["metadata"]?["annotations"]?[Annotations.lastApplied]?.stringValue
        if let account,
            case .success(let value) = Result(catching: {
                try JSONDecoder().decode(JSONValue.self, from: Data(account.utf8))
            })
        {
            return value["spec"]
        }
        var fields: JSONValue = [:]
        for entry in live["metadata"]?["managedFields"]?.arrayValue ?? [] {
            // Who states which Secret has the token is who applies the resource; others state a field or two.
            guard entry["operation"]?.stringValue == "Apply", entry["subresource"] == nil,
                let spec = entry["fieldsV1"]?["f:spec"], spec["f:tokenSecretRef"] != nil
            else { continue }
            fields = union(fields, names(in: spec))
        }
        return fields
    }

    private static func names(in fields: JSONValue) -> JSONValue {
        let members = (fields.objectValue ?? [:]).filter { $0.key.hasPrefix("f:") }
        return .object(Dictionary(members.map { (String($0.key.dropFirst(2)), names(in: $0.value)) }) { $1 })
    }

    private static func union(_ a: JSONValue, _ b: JSONValue) -> JSONValue {
        guard case .object(let members) = a, case .object(let more) = b else { return a }
        return .object(members.merging(more) { union($0, $1) })
    }
}
