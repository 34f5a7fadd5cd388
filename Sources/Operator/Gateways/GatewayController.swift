import Concurrency
import ControllerRuntime
import FoundationEssentials
import KubernetesClient
import KubernetesTypes
import Observability
import PlatformAPI

/// The controller of TelegramGateways, with a queue of its own: gateways do not wait for bots, nor bots for gateways.
struct GatewayController {
    let controller: Controller<TelegramGateway>

    /// Bindings come and go by thousands when bots are made: they are counted now and then.
    private static let countDelay = Duration.seconds(3)

    /// - Parameter bots: whose watches of bindings and Secrets are shared.
    init(
        client: KubernetesClient, bots: BotController, kafka: KafkaAdminPool, events: EventRecorder,
        settings: OperatorSettings, logger: Logger, metrics: MetricsRegistry, health: HealthRegistry
    ) {
        let stores = GatewayStores()
        let gateways = Reflector(
            client, TelegramGateway.definition, namespace: settings.namespace, store: stores.gateways, logger: logger,
            metrics: metrics, transform: { try Self.gateway($0) })
        let selector =
            "\(Labels.managedBy)=\(Labels.managedByValue),\(Labels.component)=\(Labels.gatewayComponent)"
        var owned: [OwnedKind] = []
        var sources: [GatewayPart: VersionedListWatcher] = [:]
        var routes: Reflector<ObservedGatewayObject>?
        for part in GatewayPart.allCases {
            let source = VersionedListWatcher(
                client, part.definitions, namespace: settings.namespace, labelSelector: selector)
            sources[part] = source
            var reflectorSettings = ReflectorSettings()
            reflectorSettings.isOptional = part.isOptional
            reflectorSettings.absentRetry = settings.optionalKindInterval
            let kind = part.definitions[0]
            let reflector = Reflector(
                source, kind: "gateways/\(kind.plural)", settings: reflectorSettings, store: stores.store(part),
                logger: logger, metrics: metrics, transform: { try Self.object($0) })
            owned.append(
                OwnedKind(
                    reflector,
                    keys: { key, object in [ObjectKey(namespace: key.namespace, name: object.gateway)] }))
            if part == .httpRoute { routes = reflector }
        }
        owned.append(OwnedKind(bots.secrets, keys: { key, _ in stores.gateways(using: key) }))

        let kinds = { @Sendable [sources] in
            GatewayContext.Kinds(
                budget: DisruptionBudgetForm(sources[.disruptionBudget]?.served),
                autoscaler: sources[.autoscaler]?.served?.definition,
                httpRoute: sources[.httpRoute]?.served?.definition)
        }
        let reconciler = GatewayReconciler(
            client: client, stores: stores, bots: bots.stores, kafka: kafka, logins: bots.logins, events: events,
            settings: settings, logger: logger, kinds: kinds)

        var controllerSettings = ControllerSettings()
        controllerSettings.backoff = Backoff(base: settings.retryBase, maximum: settings.retryMaximum)
        controller = Controller(
            name: "telegramgateways", primary: gateways, owns: owned, settings: controllerSettings, logger: logger,
            metrics: metrics, health: health, filter: TelegramGateway.isNews,
            reconcile: { key in try await reconciler.reconcile(key) })

        let controller = controller
        bots.secrets.addHandler { event in
            let binding: (key: ObjectKey, secret: ObservedSecret)? =
                switch event {
                case .deleted(let key, let secret): (key, secret)
                case .upserted(let key, let secret, nil): (key, secret)
                default: nil
                }
            guard let binding, let gateway = binding.secret.gateway else { return }
            controller.trigger(
                ObjectKey(namespace: binding.key.namespace, name: gateway), after: Self.countDelay)
        }
        let wasPresent = Locked<Bool?>(nil)
        routes?.addHandler { [routes] event in
            guard case .resynced = event else { return }
            let isPresent = routes?.isPresent == true
            let isNews = wasPresent.withLock { was in
                defer { was = isPresent }
                return was != nil && was != isPresent
            }
            guard isNews else { return }
            for key in stores.gateways.keys { controller.trigger(key) }
        }
    }

    /// A gateway without what `kubectl apply` notes for itself.
    private static func gateway(_ json: [UInt8]) throws -> (ObjectKey, String, TelegramGateway) {
        var gateway = try JSONDecoder().decode(TelegramGateway.self, from: Data(json))
        gateway.metadata.annotations?[Annotations.lastApplied] = nil
        return (gateway.key, gateway.metadata.resourceVersion ?? "", gateway)
    }

    private struct Identity: Decodable { let metadata: ObjectMeta }

    private static func object(_ json: [UInt8]) throws -> (ObjectKey, String, ObservedGatewayObject) {
        let metadata = try JSONDecoder().decode(Identity.self, from: Data(json)).metadata
        return (
            ObjectKey(namespace: metadata.namespace, name: metadata.name ?? ""), metadata.resourceVersion ?? "",
            try ObservedGatewayObject(json: json)
        )
    }
}

extension TelegramGateway {
    /// Whether a change of a gateway matters to bots and to its own controller: what the operator writes into its status does
    /// not.
    static func isNews(_ old: TelegramGateway?, _ new: TelegramGateway) -> Bool {
        guard let old else { return true }
        return old.metadata.generation != new.metadata.generation || old.spec != new.spec
            || old.metadata.annotations != new.metadata.annotations || old.metadata.uid != new.metadata.uid
            || old.metadata.deletionTimestamp != new.metadata.deletionTimestamp
    }
}
