package import KubernetesTypes

/// What the operator saw of a gateway and did for it.
package struct TelegramGatewayStatus: Codable, Sendable, Equatable {
    /// The generation of the spec that this status is of.
    package var observedGeneration: Int64?
    /// Where webhooks come in, of a gateway that the operator exposes: a host name or an IP address.
    package var address: String?
    /// Bots that the gateway has a binding of.
    package var bots: Int?
    /// Of a gateway that the operator runs.
    package var replicas: Replicas?
    package var conditions: [Condition]?

    package init() {}

    package struct Replicas: Codable, Sendable, Equatable {
        /// Pods that there are.
        package var current: Int?
        /// Those of them that take webhooks.
        package var ready: Int?
        package var min: Int?
        package var max: Int?

        package init(current: Int, ready: Int, min: Int, max: Int) {
            self.current = current
            self.ready = ready
            self.min = min
            self.max = max
        }
    }
}
