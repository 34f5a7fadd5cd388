import Concurrency
import FoundationEssentials
import KubernetesTypes
import Observability
import PlatformAPI

/// The objects that a bot's worker consists of. Pure: the same context gives the same objects.
enum WorkerManifests {
    /// The worker's Secret: its token, and what it takes to be let in by Kafka.
    static func secret(_ context: WorkerContext) -> Secret {
        var metadata = context.ownedMetadata
        metadata.annotations = [Annotations.secretHash: context.token.fingerprint]
        return Secret(
            metadata: metadata,
            data: context.kafka.secretData.merging(
                [WorkerEnvironment.botToken: Data(context.workerToken.value.utf8)]) { $1 })
    }

    /// The worker's Deployment; `nil` when the bot has no worker.
    /// - Parameter replicas: only for the one apply that creates it; later the autoscaler owns the field.
    static func deployment(_ context: WorkerContext, replicas: Int? = nil) -> Deployment? {
        guard let worker = context.bot.spec.worker else { return nil }
        var container = Container(name: "bot", image: worker.image)
        container.imagePullPolicy = worker.imagePullPolicy
        container.command = worker.command
        container.args = worker.args
        container.env = environment(context) + (worker.env ?? []) + features(context.bot.spec)
        container.envFrom = worker.envFrom
        container.resources = worker.resources
        container.securityContext = SecurityContext(
            allowPrivilegeEscalation: false, capabilities: SecurityContext.Capabilities(drop: ["ALL"]))

        var pod = PodSpec(containers: [container])
        pod.imagePullSecrets = worker.imagePullSecrets
        pod.serviceAccountName = context.account?.name
        // A worker talks to Kafka only. Whoever gives it an account of its own wants it to talk to Kubernetes as well.
        pod.automountServiceAccountToken = worker.serviceAccountName != nil

        var metadata = context.ownedMetadata
        if replicas == nil { metadata.annotations = [Annotations.replicasHandedOver: "true"] }
        let template = PodTemplateSpec(
            metadata: ObjectMeta(
                labels: context.labels, annotations: [Annotations.secretHash: context.secretFingerprint]),
            spec: pod, overlay: worker.template.map { WorkerAccount.removed(from: $0) })
        var spec = Deployment.Spec(
            replicas: replicas, selector: LabelSelector(matchLabels: context.selectorLabels), template: template,
            revisionHistoryLimit: 3)
        spec.minReadySeconds = minReadySeconds
        return Deployment(metadata: metadata, spec: spec)
    }

    /// A worker without a probe is ready as soon as it runs: one that ends at once must not pass for a good one.
    private static let minReadySeconds = 5

    private static func features(_ spec: TelegramBotSpec) -> [EnvVar] {
        (spec.features ?? [:]).sorted { $0.key < $1.key }.map {
            EnvVar(name: WorkerEnvironment.feature($0.key), value: "\($0.value)")
        }
    }

    private static func environment(_ context: WorkerContext) -> [EnvVar] {
        let botID = context.botID
        let results =
            context.bot.spec.hasResults
            ? [EnvVar(name: WorkerEnvironment.resultsTopic, value: botID.resultsTopic)] : []
        return [
            EnvVar(name: WorkerEnvironment.botID, value: botID.description),
            secretVariable(WorkerEnvironment.botToken, context),
            EnvVar(name: WorkerEnvironment.kafkaBrokers, value: context.gateway.spec.kafka.bootstrapServers),
            EnvVar(name: WorkerEnvironment.incomingTopic, value: botID.incomingTopic),
            EnvVar(name: WorkerEnvironment.outgoingTopic, value: botID.outgoingTopic),
            EnvVar(name: WorkerEnvironment.consumerGroup, value: botID.workerGroup),
            EnvVar(name: WorkerEnvironment.apiBaseURL, value: context.workerAPIBaseURL),
        ] + results + context.kafka.plainEnvironment.map { EnvVar(name: $0.name, value: $0.value) }
            + context.kafka.secrets.keys.sorted().map { secretVariable($0, context) }
    }

    /// A variable from the key of its own name in the worker's Secret.
    private static func secretVariable(_ name: String, _ context: WorkerContext) -> EnvVar {
        EnvVar(
            name: name,
            valueFrom: EnvVarSource(secretKeyRef: KeySelector(name: context.objectName, key: name)))
    }

    /// The ScaledObject in the form that KEDA 2.20 leaves alone: what KEDA would add by itself is stated, so that its
    /// additions are no drift, and booleans that are false are left out except where trigger metadata wants the word.
    static func scaledObject(_ context: WorkerContext) -> ScaledObject {
        let spec = context.bot.spec
        var metadata = context.ownedMetadata
        metadata.labels?["scaledobject.keda.sh/name"] = context.objectName
        // Zeroes the workers at once, however much waits for them.
        if spec.suspend != nil { metadata.annotations = [KEDAAnnotation.pausedReplicas: "0"] }
        var trigger = ScaledObject.Trigger(
            type: "kafka", name: "incoming", metricType: "AverageValue",
            metadata: [
                "bootstrapServers": context.gateway.spec.kafka.bootstrapServers,
                "consumerGroup": context.botID.workerGroup,
                "topic": context.botID.incomingTopic,
                "lagThreshold": "\(spec.lagThreshold)",
                "activationLagThreshold": "\(spec.activationLagThreshold)",
                "offsetResetPolicy": "earliest",
                "scaleToZeroOnInvalidOffset": "false",
                "allowIdleConsumers": "false",
            ])
        trigger.metadata.merge(TriggerAuthentication.metadata(context.kafka)) { $1 }
        if triggerAuthentication(context) != nil { trigger.authenticationRef = .init(name: context.objectName) }
        return ScaledObject(
            metadata: metadata,
            spec: ScaledObject.Spec(
                scaleTargetRef: ScaledObject.Target(
                    apiVersion: Deployment.definition.apiVersion, kind: Deployment.definition.kind,
                    name: context.objectName),
                pollingInterval: wholeSeconds(spec.pollingInterval),
                cooldownPeriod: wholeSeconds(spec.cooldownPeriod),
                minReplicaCount: spec.minReplicas,
                maxReplicaCount: mostReplicas(spec),
                advanced: ScaledObject.Advanced(
                    horizontalPodAutoscalerConfig: ScaledObject.AutoscalerConfig(behavior: behavior)),
                triggers: [trigger]))
    }

    /// What KEDA needs from the worker's Secret to look into Kafka; `nil` when it needs nothing.
    static func triggerAuthentication(_ context: WorkerContext) -> TriggerAuthentication? {
        let references = TriggerAuthentication.parameters
            .filter { context.kafka.secrets[$0.variable] != nil }
            .map {
                TriggerAuthentication.SecretTarget(
                    parameter: $0.parameter, name: context.objectName, key: $0.variable)
            }
        guard !references.isEmpty else { return nil }
        return TriggerAuthentication(
            metadata: context.ownedMetadata, spec: TriggerAuthentication.Spec(secretTargetRef: references))
    }

    /// Without it the autoscaler jumps to the bot's size before its sleep on the first message.
    private static let behavior = ScaledObject.Behavior(
        scaleUp: ScaledObject.Rules(
            stabilizationWindowSeconds: 0, selectPolicy: "Max",
            policies: [ScaledObject.Policy(type: "Pods", value: 10, periodSeconds: 15)]),
        scaleDown: ScaledObject.Rules(
            stabilizationWindowSeconds: 60, selectPolicy: "Max",
            policies: [ScaledObject.Policy(type: "Percent", value: 100, periodSeconds: 15)]))

    private static func wholeSeconds(_ text: String) -> Int {
        Int((DurationText.parse(text) ?? .seconds(30)).components.seconds)
    }
}
