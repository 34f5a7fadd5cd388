import FoundationEssentials
import JSON
import PlatformAPI

/// What may be shown of a binding's data: the parts that the TelegramBot says as well. Pure.
enum BindingDiff {
    /// A binding Secret with those parts as JSON instead of base64, so that a difference can be told field by field.
    static func opened(_ secret: JSONValue) -> JSONValue {
        guard case .object(var members) = secret, case .object(var data)? = members["data"] else { return secret }
        for key in Binding.openKeys {
            guard let text = data[key]?.stringValue, let bytes = Data(base64Encoded: text),
                case .success(let value) = Result(catching: { try JSONDecoder().decode(JSONValue.self, from: bytes) })
            else { continue }
            data[key] = ordered(value)
        }
        members["data"] = .object(data)
        return .object(members)
    }

    /// Whether the values under a path are not to be told.
    static func isSecret(_ path: String) -> Bool {
        path.hasPrefix("data") && !Binding.openKeys.contains { path.hasPrefix("data.\($0)") }
    }

    /// Routes are compared by their names, but their order counts as well.
    private static func ordered(_ value: JSONValue) -> JSONValue {
        guard case .object(var members) = value, let routes = members["routes"]?.arrayValue else { return value }
        members["order"] = .array(routes.compactMap { $0["name"] })
        return .object(members)
    }
}
