import Concurrency
import ControllerRuntime
import FoundationEssentials
package import HTTPClient
package import KubernetesClient
package import KubernetesTypes
package import Observability
import PlatformAPI

/// The operator: the controllers, with or without leader election.
package final class OperatorService: Service {
    /// Which Lease decides between several operators, and who this one is.
    package struct LeaderElection: Sendable {
        package let lease: ObjectKey
        /// Unlike any other candidate's: the pod's name.
        package let identity: String

        package init(lease: ObjectKey, identity: String) {
            self.lease = lease
            self.identity = identity
        }
    }

    package let name = "operator"
    private let events: EventRecorder
    private let elector: LeaderElector?
    private let controller: Controller<TelegramBot>
    private let gateways: Controller<TelegramGateway>
    private let wakes: WakeListener
    private let kafka: KafkaAdminPool

    /// - Parameters:
    ///   - http: for the Bot API.
    ///   - identity: names this process in Events.
    ///   - leaderElection: `nil`: this is the only operator.
    package init(
        client: KubernetesClient, http: HTTPClient, settings: OperatorSettings, identity: String,
        leaderElection: LeaderElection?, logger: Logger, metrics: MetricsRegistry, health: HealthRegistry
    ) {
        let kafka = KafkaAdminPool(logger: logger)
        let events = EventRecorder(
            client, controller: "telegram-serverless.io/operator", instance: identity, logger: logger,
            metrics: metrics)
        let bots = BotController(
            client: client, kafka: kafka, http: http, events: events, settings: settings, logger: logger,
            metrics: metrics, health: health)
        let (controller, wakes) = (bots.controller, bots.wakes)
        self.kafka = kafka
        self.events = events
        let gateways = GatewayController(
            client: client, bots: bots, kafka: kafka, events: events, settings: settings, logger: logger,
            metrics: metrics, health: health
        ).controller
        self.controller = controller
        self.gateways = gateways
        self.wakes = wakes
        elector = leaderElection.map { election in
            // A standby is healthy and ready: it has nothing to wait for but its turn.
            for controller in ["telegrambots", "telegramgateways"] { health.markReady("controller \(controller)") }
            return LeaderElector(
                KubernetesLeaseStorage(client), lease: election.lease, identity: election.identity, logger: logger,
                metrics: metrics,
                onStartedLeading: { try await Self.work(controller, gateways, wakes) },
                onStoppedLeading: {
                    await gateways.shutdown()
                    await controller.shutdown()
                })
        }
    }

    package func run() async throws {
        let events = events
        let recording = Task { try await events.run() }
        defer { recording.cancel() }
        if let elector {
            try await elector.run()
        } else {
            try await Self.work(controller, gateways, wakes)
        }
        await events.shutdown()
        _ = await recording.result
        await kafka.close()
    }

    private static func work(
        _ controller: Controller<TelegramBot>, _ gateways: Controller<TelegramGateway>, _ wakes: WakeListener
    ) async throws {
        let listening = Task { await wakes.run() }
        let running = Task { try await gateways.run() }
        defer {
            listening.cancel()
            running.cancel()
        }
        try await controller.run()
        await gateways.shutdown()
        try await running.value
        listening.cancel()
        await listening.value
    }

    package func shutdown() async {
        if let elector {
            await elector.shutdown()
        } else {
            await gateways.shutdown()
            await controller.shutdown()
        }
    }
}
