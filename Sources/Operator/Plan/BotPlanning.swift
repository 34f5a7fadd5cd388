import FoundationEssentials
import KubernetesClient
import KubernetesTypes
import Observability
import PlatformAPI
import TelegramBotAPI

/// One bot while it is being planned: the steps of a reconcile in their order, with the same decisions, and nothing done.
/// Used by one task.
final class BotPlanning {
    let planner: BotPlanner
    let world: PlanWorld
    /// As it would be after being applied, with the status that it has.
    let bot: TelegramBot
    /// The TelegramBot would be made.
    let isNew: Bool
    var plan: BotPlan
    /// As the steps would leave it, as far as later steps read it.
    var status: TelegramBotStatus
    /// Things that somebody else changed and `driftPolicy: Report` leaves, as names.
    var drifted: [String] = []
    /// Why Telegram is not asked; `nil` while it is.
    var telegramSilence: String?

    init(planner: BotPlanner, world: PlanWorld, bot: TelegramBot, isNew: Bool) {
        self.planner = planner
        self.world = world
        self.bot = bot
        self.isNew = isNew
        plan = BotPlan(bot.key)
        status = bot.status ?? TelegramBotStatus()
    }

    /// The bot as later ones of the same plan would find it.
    var outcome: TelegramBot {
        var bot = bot
        bot.status = status
        return bot
    }

    /// - Throws: `KubernetesError` when something of the cluster cannot be read. A step that would fail does not throw: it
    ///   becomes a condition of the plan.
    func run() async throws {
        do {
            try await converge()
        } catch let failure as StepFailure {
            add(failure.condition, failure.reason, failure.message)
            add(.ready, failure.reason, "the steps after \(failure.condition.rawValue) would not be done")
        }
        guard !drifted.isEmpty else { return }
        plan.conditions.append(
            PlannedCondition(
                type: ConditionType.drifted.rawValue, status: "True", reason: "DriftFound",
                message: "Changed by somebody else, and left so by spec.driftPolicy: "
                    + drifted.joined(separator: ", ")))
    }

    private func converge() async throws {
        let credential = try TokenPlan.credential(bot, try await tokenSecret())
        let identity = try TokenPlan.identity(bot, credential, known: status.botID)
        plan.botID = identity.botID.description
        let gateway = try GatewayPlan.choose(
            bot, named: bot.gatewayKey.flatMap { world.gateways[$0] }, byDefault: world.defaultGateway)
        plan.gateway = gateway.key.description
        plan.kafka.bootstrapServers = gateway.spec.kafka.bootstrapServers
        plan.telegram.apiBaseURL = gateway.spec.apiBaseURL
        var context = WorkerContext(
            bot: bot, botID: identity.botID, token: credential, gateway: gateway, kafka: try await access(of: gateway))
        try await verifyIdentity(context, former: identity.former)
        context.username = plan.username ?? status.username
        if let former = identity.former { try await release(former, context) }
        status.botID = identity.botID.description
        try await planTopics(context)
        context.alias = try await planAlias(context)
        let secrets = try await planSecrets(context)
        try await planWorkload(context)
        try await planProfile(context)
        try await planWebhook(context, secrets)
    }

    private func tokenSecret() async throws -> Secret? { try await secret(bot.tokenSecretKey) }

    /// How the gateway's brokers are reached.
    private func access(of gateway: TelegramGateway) async throws -> KafkaAccess {
        var found: [String: Secret] = [:]
        for name in gateway.spec.kafka.secretNames {
            found[name] = try await secret(ObjectKey(namespace: gateway.metadata.namespace, name: name))
        }
        return KafkaAccess(gateway.spec.kafka, secrets: try KafkaCredentials.values(gateway, found))
    }

    /// A Secret with that of the files laid over it.
    private func secret(_ key: ObjectKey) async throws -> Secret? {
        let live = try await planner.client.find(Secret.self, key)
        guard var secret = world.secrets[key] else { return live }
        secret.data = (live?.data ?? [:]).merging(secret.data ?? [:]) { $1 }
        return secret
    }

    /// Asks Telegram who the token belongs to, and looks for an older resource with the same bot.
    private func verifyIdentity(_ context: WorkerContext, former: BotID?) async throws {
        try await askTelegram(context) { telegram, token, timeout in
            let user = try await telegram.getMe(token: token, timeout: timeout)
            self.plan.username = user.username
        }
        let others = world.bots.filter { $0.status?.botID == context.botID.description }
        guard let elder = TokenPlan.elder(of: bot, among: others) else { return }
        if former == nil { status.botID = context.botID.description }
        // Two workers in one group would share its updates.
        try await planRetirement()
        throw TokenPlan.duplicate(context.botID, of: elder)
    }

    /// Makes calls to the Bot API, unless it was silent before or has asked to be left alone.
    /// - Throws: ``StepFailure`` when it refuses the token. That it cannot be reached makes its part of the plan unknown.
    func askTelegram(
        _ context: WorkerContext, _ body: (TelegramClient, BotToken, Duration) async throws -> Void
    ) async throws {
        guard telegramSilence == nil else { return }
        if let pause = status.telegram.flatMap({ TelegramPause($0) }),
            pause.fingerprint == context.token.fingerprint, pause.until > Date()
        {
            let valid = bot.status?.conditions?.first { $0.type == ConditionType.tokenValid.rawValue }
            if valid?.reason == TokenPlan.rejectedReason { throw TokenPlan.rejected(bot) }
            return silence("Telegram asked to be left alone until \(pause.until.formatted(.iso8601))")
        }
        let telegram = TelegramClient(
            http: planner.http, baseURL: context.gateway.spec.apiBaseURL, logger: planner.logger)
        do {
            try await body(telegram, try BotToken(context.token.token.value), planner.settings.telegramTimeout)
        } catch let error as TelegramError {
            if error.isTokenRefused { throw TokenPlan.rejected(bot) }
            if error.code == .cancelled { throw CancellationError() }
            silence(error.message)
        }
    }

    private func silence(_ why: String) {
        telegramSilence = why
        plan.telegram.unknown = why
    }

    /// Puts a condition into the plan that is not as it should be.
    func add(_ condition: ConditionType, _ reason: String, _ message: String) {
        plan.conditions.append(PlannedCondition(type: condition.rawValue, reason: reason, message: message))
    }
}
