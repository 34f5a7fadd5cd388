package import JSON

/// Lays one part of a pod over another as `kubectl patch --type=strategic` does: objects are merged, lists of things with
/// names are merged by their names, other lists and plain values are replaced, `null` takes away.
package enum StrategicMerge {
    /// By which member the elements of a list are told apart, by the list's name.
    private static let keys: [String: String] = [
        "containers": "name", "initContainers": "name", "ephemeralContainers": "name", "env": "name",
        "volumes": "name", "imagePullSecrets": "name", "volumeMounts": "mountPath", "volumeDevices": "devicePath",
        "ports": "containerPort", "hostAliases": "ip", "resourceClaims": "name",
        "topologySpreadConstraints": "topologyKey",
    ]

    /// - Parameter name: of the list or object that the values are, for lists of things with names.
    package static func merge(_ base: JSONValue, with overlay: JSONValue, name: String = "") -> JSONValue {
        switch (base, overlay) {
        case (.object(var members), .object(let changes)):
            for (name, change) in changes {
                if change == .null {
                    members.removeValue(forKey: name)
                } else {
                    members[name] = merge(members[name] ?? .null, with: change, name: name)
                }
            }
            return .object(members)
        case (.array(let elements), .array(let changes)):
            guard let key = keys[name] else { return overlay }
            return .array(merge(elements, with: changes, by: key))
        case (_, .object(let changes)):
            // Nulls within something new take nothing away.
            return .object(
                changes.filter { $0.value != .null }.map { ($0.key, merge(.null, with: $0.value, name: $0.key)) }
                    .reduce(into: [:]) { $0[$1.0] = $1.1 })
        default: return overlay
        }
    }

    /// What was there stays in its order; what is new follows.
    private static func merge(_ elements: [JSONValue], with changes: [JSONValue], by key: String) -> [JSONValue] {
        var elements = elements
        for change in changes {
            if let value = change[key], let index = elements.firstIndex(where: { $0[key] == value }) {
                elements[index] = merge(elements[index], with: change)
            } else {
                elements.append(merge(.null, with: change))
            }
        }
        return elements
    }
}
