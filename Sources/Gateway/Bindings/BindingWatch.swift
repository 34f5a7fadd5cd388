import ControllerRuntime
import FoundationEssentials
import KubernetesClient
import KubernetesTypes
import Observability
import PlatformAPI

/// Follows the bindings of one gateway: the labelled Secrets in its namespace, and nothing else.
struct BindingWatch {
    /// Follows the Secrets once it runs.
    let reflector: Reflector<Void>

    /// The name of the check in ``HealthRegistry``.
    static let check = "bindings"

    init(
        client: KubernetesClient, gateway: ObjectKey, directory: BindingDirectory, health: HealthRegistry,
        metrics registry: MetricsRegistry, gatewayMetrics: GatewayMetrics, logger: Logger
    ) {
        health.register(Self.check, waitingFor: "the first list of binding Secrets")
        let selector = [
            "\(Labels.component)=\(Labels.bindingComponent)", "\(Labels.managedBy)=\(Labels.managedByValue)",
            "\(Labels.gateway)=\(gateway.name)",
        ].joined(separator: ",")
        reflector = Reflector(
            client, Secret.definition, namespace: gateway.namespace, labelSelector: selector, logger: logger,
            metrics: registry,
            transform: { json in
                let secret = try JSONDecoder().decode(Secret.self, from: Data(json))
                Self.take(secret, directory, gatewayMetrics, logger)
                // The directory holds the binding: the store needs to know only that it is there.
                return (secret.key, secret.metadata.resourceVersion ?? "", ())
            },
            onEvent: { event in
                switch event {
                case .upserted: break
                case .deleted(let key, _):
                    directory.remove(key)
                    logger.info("bot is no longer bound", ["binding": .string("\(key)")])
                case .resynced: health.markReady(Self.check)
                }
                gatewayMetrics.bindings.set(Double(directory.count))
            })
    }

    /// A binding that cannot be read changes nothing: the one before stays in force.
    private static func take(
        _ secret: Secret, _ directory: BindingDirectory, _ metrics: GatewayMetrics, _ logger: Logger
    ) {
        do {
            let binding = try Binding(secret)
            guard directory.upsert(secret.key, binding) else { return }
            logger.info("bot is bound", ["bot_id": .string("\(binding.botID)"), "bot": .string(binding.owner)])
        } catch {
            metrics.malformedBindings.increment()
            logger.warning("a binding cannot be read", ["error": .string("\(error)")])
        }
    }
}
