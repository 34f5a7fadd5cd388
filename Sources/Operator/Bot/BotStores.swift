import ControllerRuntime
import KubernetesTypes
import PlatformAPI

/// What the watches of the bots' controller show.
struct BotStores: Sendable {
    let bots: Store<TelegramBot>
    let gateways: Store<TelegramGateway>
    let secrets: Store<ObservedSecret>
    let deployments: Store<ObservedDeployment>
    let jobs: Store<ObservedJob>
    /// The platform's own.
    let serviceAccounts: Store<ObservedServiceAccount>
    /// Those of others, too.
    let disruptionBudgets: Store<ObservedDisruptionBudget>
    /// Empty while KEDA is not installed.
    let scaledObjects: Store<ObservedScaledObject>
    /// Empty while KEDA is not installed.
    let triggerAuthentications: Store<ObservedTriggerAuthentication>

    /// Names of the indices.
    enum Index {
        /// Bots by "namespace/name" of their token Secret.
        static let tokenSecret = "tokenSecret"
        /// Bots by "namespace/name" of the gateway that they name, or "" for the default.
        static let gateway = "gateway"
        /// Bots by `status.botID`.
        static let botID = "botID"
        /// Secrets and Jobs by "namespace/name" of the bot that they belong to.
        static let owner = "owner"
        /// Binding Secrets by "namespace/name" of the gateway that they are for.
        static let binding = "binding"
        /// Gateways by "namespace/name" of the Secrets that their Kafka cluster is reached with.
        static let kafkaSecret = "kafkaSecret"
        /// PodDisruptionBudgets that are not the platform's by their namespace.
        static let foreign = "foreign"
    }

    init() {
        bots = Store(indices: [
            StoreIndex(Index.tokenSecret) { key, bot in
                [ObjectKey(namespace: key.namespace, name: bot.spec.tokenSecretRef.name).description]
            },
            StoreIndex(Index.gateway) { _, bot in [bot.gatewayKey?.description ?? ""] },
            StoreIndex(Index.botID) { _, bot in bot.status?.botID.map { [$0] } ?? [] },
        ])
        gateways = Store(indices: [
            StoreIndex(Index.kafkaSecret) { key, gateway in
                gateway.spec.kafka.secretNames.map { ObjectKey(namespace: key.namespace, name: $0).description }
            }
        ])
        secrets = Store(indices: [
            StoreIndex(Index.owner) { _, secret in secret.owner.map { [$0] } ?? [] },
            StoreIndex(Index.binding) { key, secret in
                secret.gateway.map { [ObjectKey(namespace: key.namespace, name: $0).description] } ?? []
            },
        ])
        deployments = Store()
        jobs = Store(indices: [
            StoreIndex(Index.owner) { key, job in
                job.bot.map { [ObjectKey(namespace: key.namespace, name: $0).description] } ?? []
            }
        ])
        serviceAccounts = Store()
        disruptionBudgets = Store(indices: [
            StoreIndex(Index.foreign) { key, budget in budget.digest == nil ? [key.namespace ?? ""] : [] }
        ])
        scaledObjects = Store()
        triggerAuthentications = Store()
    }

    /// An older resource with the same identity, which therefore keeps the bot.
    func elder(of bot: TelegramBot, botID: BotID) -> ObjectKey? {
        TokenPlan.elder(
            of: bot, among: bots.keys(in: Index.botID, at: botID.description).compactMap { bots.get($0) })
    }

    /// Somebody else's PodDisruptionBudget for pods with these labels: beside it the platform's own would do harm.
    /// - Parameter key: the platform's own, whose namespace it is about.
    func foreignBudget(selecting labels: [String: String], besides key: ObjectKey) -> ObjectKey? {
        disruptionBudgets.keys(in: Index.foreign, at: key.namespace ?? "").filter {
            $0 != key && disruptionBudgets.get($0)?.isForeign(selecting: labels) == true
        }.min()
    }

    /// The gateway that bots without `gatewayRef` use: the oldest of those marked.
    var defaultGateway: TelegramGateway? {
        GatewayPlan.byDefault(gateways.all.map(\.value))
    }
}

extension TelegramBot {
    /// The gateway that the bot names; `nil` when it takes the default.
    var gatewayKey: ObjectKey? {
        spec.gatewayRef.map { ObjectKey(namespace: $0.namespace ?? metadata.namespace, name: $0.name) }
    }
}
