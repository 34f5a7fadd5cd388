import Concurrency
import ControllerRuntime
import FoundationEssentials
import HTTPClient
import KubernetesClient
import KubernetesTypes
import Observability
import PlatformAPI

/// The controller of TelegramBots: which watches there are, and which bots an event of each concerns.
struct BotController {
    let controller: Controller<TelegramBot>
    /// Runs beside the controller.
    let wakes: WakeListener
    let stores: BotStores
    let logins: KafkaLogins
    /// Of all Secrets; the gateways' controller follows them, too.
    let secrets: Reflector<ObservedSecret>

    init(
        client: KubernetesClient, kafka: KafkaAdminPool, http: HTTPClient, events: EventRecorder,
        settings: OperatorSettings, logger: Logger, metrics: MetricsRegistry, health: HealthRegistry
    ) {
        let stores = BotStores()
        let ours = "\(Labels.managedBy)=\(Labels.managedByValue)"
        let bots = Reflector(
            client, TelegramBot.definition, namespace: settings.namespace, settings: Self.manySettings,
            store: stores.bots, logger: logger, metrics: metrics, transform: { try Self.bot($0) })
        let gateways = Reflector(
            client, of: TelegramGateway.self, store: stores.gateways, logger: logger, metrics: metrics)
        let secrets = Reflector(
            client, Secret.definition, settings: Self.manySettings, store: stores.secrets, logger: logger,
            metrics: metrics, transform: { json in try Self.entry(json) { try ObservedSecret(json: $0) } })
        let deployments = Reflector(
            client, Deployment.definition, namespace: settings.namespace, labelSelector: ours,
            settings: Self.manySettings, store: stores.deployments, logger: logger, metrics: metrics,
            transform: { json in try Self.entry(json) { try ObservedDeployment(json: $0) } })
        let jobs = Reflector(
            client, Job.definition, namespace: settings.namespace, labelSelector: ours, store: stores.jobs,
            logger: logger, metrics: metrics,
            transform: { json in try Self.entry(json) { try ObservedJob(json: $0) } })
        let accounts = Reflector(
            client, ServiceAccount.definition, namespace: settings.namespace, labelSelector: ours,
            settings: Self.manySettings, store: stores.serviceAccounts, logger: logger, metrics: metrics,
            transform: { json in try Self.entry(json) { try ObservedServiceAccount(json: $0) } })
        var optional = Self.manySettings
        optional.isOptional = true
        optional.absentRetry = settings.optionalKindInterval
        // Not ours alone: see ``ObservedDisruptionBudget``.
        let policy = VersionedListWatcher(client, DisruptionBudgetForm.definitions, namespace: settings.namespace)
        let budgets = Reflector(
            policy, kind: "poddisruptionbudgets.policy", settings: optional, store: stores.disruptionBudgets,
            logger: logger, metrics: metrics,
            transform: { json in
                let isBeta = policy.served?.definition == PodDisruptionBudget<PolicyV1Beta1>.definition
                return try Self.entry(json) { try ObservedDisruptionBudget(json: $0, isBeta: isBeta) }
            })
        let scaledObjects = Reflector(
            client, ScaledObject.definition, namespace: settings.namespace, labelSelector: ours, settings: optional,
            store: stores.scaledObjects, logger: logger, metrics: metrics,
            transform: { json in try Self.entry(json) { try ObservedScaledObject(json: $0) } })

        let triggerAuthentications = Reflector(
            client, TriggerAuthentication.definition, namespace: settings.namespace, labelSelector: ours,
            settings: optional, store: stores.triggerAuthentications, logger: logger, metrics: metrics,
            transform: { json in try Self.entry(json) { try ObservedTriggerAuthentication(json: $0) } })

        self.stores = stores
        self.secrets = secrets
        let logins = KafkaLogins(client: client, secrets: stores.secrets, pool: kafka, logger: logger)
        self.logins = logins
        gateways.addHandler { event in
            if case .deleted(let key, _) = event { logins.forget(key) }
        }
        let reconciler = BotReconciler(
            client: client, stores: stores, kafka: kafka, logins: logins, http: http, events: events,
            settings: settings, logger: logger, isKEDAInstalled: { scaledObjects.isPresent == true },
            servedBudgets: { DisruptionBudgetForm(policy.served) })

        wakes = WakeListener(stores: stores, kafka: kafka, logins: logins, logger: logger, metrics: metrics) {
            botID, isFresh in
            await reconciler.wakeSignalled(botID, isFresh: isFresh)
        }

        var controllerSettings = ControllerSettings()
        controllerSettings.workers = settings.workers
        controllerSettings.maxWaiting = settings.maxWaiting
        controllerSettings.backoff = Backoff(base: settings.retryBase, maximum: settings.retryMaximum)
        controller = Controller(
            name: "telegrambots", primary: bots,
            owns: [
                OwnedKind(
                    gateways, filter: TelegramGateway.isNews, keys: { key, _ in Self.bots(using: key, stores) }),
                OwnedKind(secrets, keys: { key, secret in Self.bots(concerning: key, secret, stores) }),
                OwnedKind(deployments, keys: { key, _ in Self.owner(of: key) }),
                OwnedKind(
                    jobs,
                    keys: { key, job in job.bot.map { [ObjectKey(namespace: key.namespace, name: $0)] } ?? [] }),
                OwnedKind(
                    accounts, filter: { old, new in old.map { $0 != new } ?? false },
                    keys: { key, _ in Self.owner(of: key) }),
                OwnedKind(
                    budgets, filter: Self.matters, keys: { key, budget in Self.bots(concerning: key, budget, stores) }),
                OwnedKind(scaledObjects, keys: { key, _ in Self.owner(of: key) }),
                OwnedKind(triggerAuthentications, keys: { key, _ in Self.owner(of: key) }),
            ],
            settings: controllerSettings, logger: logger, metrics: metrics, health: health,
            filter: Self.matters, reconcile: { key in try await reconciler.reconcile(key) })

        let controller = controller
        bots.addHandler { event in
            if case .upserted(_, let bot, _) = event { reconciler.memory.seen(bot) }
            // When a resource goes, another with the same bot may have it now; when one becomes that bot, another may lose it.
            let news: (key: ObjectKey, botID: String?)? =
                switch event {
                case .deleted(let key, let bot): (key, bot.status?.botID)
                case .upserted(let key, let bot, let old) where bot.status?.botID != old?.status?.botID:
                    (key, bot.status?.botID)
                default: nil
                }
            guard let news, let botID = news.botID else { return }
            for other in stores.bots.keys(in: BotStores.Index.botID, at: botID) where other != news.key {
                controller.trigger(other)
            }
        }
        let wasPresent = Locked<Bool?>(nil)
        scaledObjects.addHandler { event in
            guard case .resynced = event else { return }
            let isPresent = scaledObjects.isPresent == true
            let isNews = wasPresent.withLock { was in
                defer { was = isPresent }
                return was != nil && was != isPresent
            }
            guard isNews else { return }
            logger.info(isPresent ? "KEDA has appeared" : "KEDA is gone")
            for key in stores.bots.keys { controller.trigger(key) }
        }
    }

    /// The first list of kinds with very many objects is taken page by page: one answer with all of them would need as
    /// much memory as the rest of the operator.
    private static var manySettings: ReflectorSettings {
        var settings = ReflectorSettings()
        settings.listsFromCache = false
        settings.pageSize = 200
        return settings
    }

    /// A bot without what `kubectl apply` notes for itself, which is a second copy of the spec.
    private static func bot(_ json: [UInt8]) throws -> (ObjectKey, String, TelegramBot) {
        var bot = try JSONDecoder().decode(TelegramBot.self, from: Data(json))
        bot.metadata.annotations?[Annotations.lastApplied] = nil
        return (bot.key, bot.metadata.resourceVersion ?? "", bot)
    }

    private struct Identity: Decodable { let metadata: ObjectMeta }

    private static func entry<Value>(
        _ json: [UInt8], _ make: ([UInt8]) throws -> Value
    ) throws -> (ObjectKey, String, Value) {
        let metadata = try JSONDecoder().decode(Identity.self, from: Data(json)).metadata
        return (
            ObjectKey(namespace: metadata.namespace, name: metadata.name ?? ""), metadata.resourceVersion ?? "",
            try make(json)
        )
    }

    /// Our own status writes are no reason to look again.
    private static func matters(_ old: TelegramBot?, _ new: TelegramBot) -> Bool {
        guard let old else { return true }
        return old.metadata.generation != new.metadata.generation
            || old.metadata.deletionTimestamp != new.metadata.deletionTimestamp
            || old.metadata.finalizers != new.metadata.finalizers
            || old.metadata.annotations != new.metadata.annotations || old.metadata.uid != new.metadata.uid
    }

    /// The pods that are there at the moment are counted in the status, which is not kept; and that one of ours has come is
    /// no news.
    private static func matters(_ old: ObservedDisruptionBudget?, _ new: ObservedDisruptionBudget) -> Bool {
        old == nil ? new.digest == nil : old != new
    }

    /// The bot whose PodDisruptionBudget this is, or those whose pods somebody else's may select.
    private static func bots(
        concerning key: ObjectKey, _ budget: ObservedDisruptionBudget, _ stores: BotStores
    ) -> [ObjectKey] {
        guard budget.digest == nil else { return owner(of: key) }
        // When the operator starts, all bots are looked at anyway.
        guard stores.disruptionBudgets.isSynced else { return [] }
        return stores.bots.keys.filter { $0.namespace == key.namespace }
    }

    /// Bots that name the gateway, and those that name none.
    private static func bots(using gateway: ObjectKey, _ stores: BotStores) -> [ObjectKey] {
        stores.bots.keys(in: BotStores.Index.gateway, at: gateway.description)
            + stores.bots.keys(in: BotStores.Index.gateway, at: "")
    }

    /// Bots whose token, worker's Secret or binding this is, or whose gateway reaches Kafka with it.
    private static func bots(concerning key: ObjectKey, _ secret: ObservedSecret, _ stores: BotStores) -> [ObjectKey] {
        var keys = stores.bots.keys(in: BotStores.Index.tokenSecret, at: key.description)
        if let bot = secret.bot { keys.append(ObjectKey(namespace: key.namespace, name: bot)) }
        if let parts = secret.owner?.split(separator: "/"), parts.count == 2 {
            keys.append(ObjectKey(namespace: String(parts[0]), name: String(parts[1])))
        }
        for gateway in stores.gateways.keys(in: BotStores.Index.kafkaSecret, at: key.description) {
            keys += bots(using: gateway, stores)
        }
        return keys
    }

    /// What is made in a bot's namespace is named "bot-<name>".
    private static func owner(of key: ObjectKey) -> [ObjectKey] {
        guard key.name.hasPrefix("bot-") else { return [] }
        return [ObjectKey(namespace: key.namespace, name: String(key.name.dropFirst(4)))]
    }
}
