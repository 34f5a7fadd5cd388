import JSON

/// The defaults of the CRD's schema, laid under a spec as the API server does it, so that a file and what the cluster has
/// can be compared. `crds/telegrambots.yaml` states the same; a test compares the two.
enum SpecDefaults {
    /// By the names of the spec's fields.
    static let values: JSONValue = [
        "tokenSecretRef": ["key": "token"],
        "updates": ["mode": "Webhook", "maxConnections": 40, "webhookAdoption": "IfUnowned"],
        "scaling": [
            "minReplicas": 0, "maxReplicas": 10, "lagThreshold": 5, "activationLagThreshold": 0,
            "pollingInterval": "30s", "cooldownPeriod": "120s",
        ],
        "kafka": ["results": false],
        "driftPolicy": "Repair", "adoptionPolicy": "IfOwned", "deletionPolicy": "Delete",
    ]

    /// Of a worker, where there is one.
    static let worker: JSONValue = ["rollout": ["deadline": "10m", "onFailure": "Rollback"]]
    /// Of a worker's migration, where there is one.
    static let migration: JSONValue = ["timeout": "10m", "retries": 3]

    /// The spec with what it does not state.
    static func applied(to spec: JSONValue) -> JSONValue {
        var defaults = values.objectValue ?? [:]
        if case .object? = spec["worker"] {
            var worker = worker.objectValue ?? [:]
            if case .object? = spec["worker"]?["migration"] { worker["migration"] = migration }
            defaults["worker"] = .object(worker)
        }
        return merged(spec, .object(defaults))
    }

    private static func merged(_ value: JSONValue, _ defaults: JSONValue) -> JSONValue {
        guard case .object(var members) = value, case .object(let more) = defaults else { return value }
        for (name, byDefault) in more {
            // The API server takes null for absent where there is a default.
            if let present = members[name], present != .null {
                members[name] = merged(present, byDefault)
            } else {
                members[name] = byDefault
            }
        }
        return .object(members)
    }
}
