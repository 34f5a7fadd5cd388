import ControllerRuntime
import Concurrency
import FoundationEssentials
import KafkaClient
import KubernetesClient
import KubernetesTypes
import Observability
import PlatformAPI

/// Waking a bot without waiting for KEDA's next look. What works, and stays awake for KEDA's cooldown: scale to one, then
/// KEDA's annotation that forces the ScaledObject to be active, taken off once KEDA says that it is.
extension BotReconciler {
    /// A gateway says that a bot has got an update.
    /// - Parameter isFresh: it has just said so; else the update may have been answered since.
    func wakeSignalled(_ botID: BotID, isFresh: Bool) async {
        for key in stores.bots.keys(in: BotStores.Index.botID, at: botID.description) {
            guard let bot = stores.bots.get(key), isAsleep(bot), stores.elder(of: bot, botID: botID) == nil else {
                continue
            }
            do {
                if try await isBehind(bot, botID, isFresh: isFresh) { try await wake(bot) }
            } catch {
                logger.info(
                    "a bot could not be woken at once; KEDA does it with its next look",
                    ["bot": .string("\(key)"), "error": .string("\(error)")])
            }
        }
    }

    /// Whether a bot that an update was signalled for has reason enough to wake.
    private func isBehind(_ bot: TelegramBot, _ botID: BotID, isFresh: Bool) async throws -> Bool {
        let threshold = bot.spec.activationLagThreshold
        if isFresh, threshold == 0 { return true }
        if try await lag(of: bot, botID) > threshold { return true }
        // Gateways signal once in a while only: updates that followed this one are looked for without a signal.
        guard isFresh, await sleepUnlessCancelled(for: BotSleep.lookTime) else { return false }
        return try await lag(of: bot, botID) > threshold
    }

    /// Looks for updates that came while the workers were ending: no signal may have followed them.
    func wakeIfBehind(_ context: WorkerContext, _ work: BotWork) async throws {
        let key = context.bot.key
        guard let deployment = stores.deployments.get(context.bot.workerObjectKey) else { return }
        guard deployment.replicas == 0 else {
            return memory.update(key) { $0.sleep.noteAwake(generation: deployment.generation) }
        }
        let now = clock.now
        let look = memory.with(key) { $0.sleep.noteAsleep(generation: deployment.generation, at: now) }
        guard let left = look, isAsleep(context.bot) else { return }
        if left > .zero { work.lookAgain(in: left) }
        let lag = try await lag(of: context.bot, context.botID)
        if lag > context.bot.spec.activationLagThreshold, let pause = try await wake(context.bot) {
            work.lookAgain(in: pause)
        } else if left == .zero {
            memory.update(key) { $0.sleep.endLooks() }
        }
    }

    /// Takes the annotation off once KEDA has taken over, or has not for long: it is never left on.
    func endWake(_ context: WorkerContext, _ observed: ObservedScaledObject?, _ work: BotWork) async throws {
        guard let observed, let since = observed.wokenAt else { return }
        let age = Duration.seconds(Self.seconds() - since)
        let limit = Self.wakePatience
        guard observed.isActive || age >= limit else { return work.lookAgain(in: max(.seconds(1), limit - age)) }
        _ = try await client.apply(
            WakeMark(key: context.bot.workerObjectKey, annotations: [:]), fieldManager: FieldManager.wake, force: true)
    }

    /// How long KEDA is given to notice: it backs off up to 16 minutes after failures, but then sees the lag as well.
    private static let wakePatience = Duration.seconds(300)

    private func isAsleep(_ bot: TelegramBot) -> Bool {
        guard bot.metadata.deletionTimestamp == nil, bot.spec.suspend == nil, bot.spec.worker != nil,
            let deployment = stores.deployments.get(bot.workerObjectKey), deployment.replicas == 0,
            let scaled = stores.scaledObjects.get(bot.workerObjectKey), !scaled.isPaused
        else { return false }
        return true
    }

    /// - Returns: how long it is left alone because it has just been woken; `nil`: it is woken now, or awake.
    @discardableResult
    private func wake(_ bot: TelegramBot) async throws -> Duration? {
        let key = bot.workerObjectKey
        // KEDA may have been faster.
        guard let deployment = stores.deployments.get(key), deployment.replicas == 0 else { return nil }
        let now = clock.now
        let pause = memory.with(bot.key) { $0.sleep.beginWake(generation: deployment.generation, at: now) }
        if let pause { return pause }
        do {
            _ = try await client.setScale(Deployment.definition, key, replicas: 1, fieldManager: FieldManager.scale)
        } catch {
            memory.update(bot.key) { $0.sleep.cancelWake() }
            throw error
        }
        _ = try await client.apply(
            WakeMark(
                key: key,
                annotations: [KEDAAnnotation.forceActivation: "true", Annotations.wokenAt: "\(Self.seconds())"]),
            fieldManager: FieldManager.wake, force: true)
        logger.debug("bot is woken", ["bot": .string("\(bot.key)")])
        return nil
    }

    private func lag(of bot: TelegramBot, _ botID: BotID) async throws -> Int {
        guard let servers = bot.status?.kafka?.bootstrapServers else { return 0 }
        let admin = try kafka.admin(await access(to: servers, gateway(of: bot)))
        let lag = try await WorkerSlot.waiting {
            try await admin.lag(group: botID.workerGroup, topic: botID.incomingTopic)
        }
        return Int(lag.values.reduce(0, +))
    }
}

/// A ScaledObject of which only the annotations of a wake are stated.
private struct WakeMark: KubernetesResource {
    static let definition = ScaledObject.definition

    var metadata: ObjectMeta

    init(key: ObjectKey, annotations: [String: String]) {
        metadata = ObjectMeta(name: key.name, namespace: key.namespace, annotations: annotations)
    }
}
