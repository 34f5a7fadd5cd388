import JSON
import KubernetesTypes
import PlatformAPI

extension GatewayManifests {
    static func serviceAccount(_ context: GatewayContext) -> StatedObject {
        // Pods ask for the token themselves.
        object(.serviceAccount, context.metadata(), ["automountServiceAccountToken": false])
    }

    /// What the gateway's process may do, in its own namespace alone: read the bindings, and share out polled bots by Leases.
    static func role(_ context: GatewayContext) -> StatedObject {
        let rules: JSONValue = [
            ["apiGroups": [""], "resources": ["secrets"], "verbs": ["get", "list", "watch"]],
            [
                "apiGroups": ["coordination.k8s.io"], "resources": ["leases"],
                "verbs": ["get", "list", "watch", "create", "update", "delete"],
            ],
        ]
        return object(.role, context.metadata(), ["rules": rules])
    }

    static func roleBinding(_ context: GatewayContext) -> StatedObject {
        let name = JSONValue.string(context.objectName)
        let namespace = JSONValue.string(context.gateway.metadata.namespace ?? "")
        let content: [String: JSONValue] = [
            "roleRef": ["apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": name],
            "subjects": [["kind": "ServiceAccount", "name": name, "namespace": namespace]],
        ]
        return object(.roleBinding, context.metadata(), content)
    }
}
