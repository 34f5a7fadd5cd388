import ControllerRuntime
import KafkaClient
import KubernetesTypes
import PlatformAPI

extension GatewayReconciler {
    /// Asks the brokers for one topic. What they say holds nothing up: the gateway's process waits for them by itself.
    func judgeKafka(_ access: KafkaAccess, _ work: GatewayWork) async {
        let servers = access.servers
        do {
            try await WorkerSlot.waiting {
                _ = try await kafka.admin(access).describeTopics([WakeSignal.topic], timeout: settings.kafkaTimeout)
            }
            work.conditions.set(.kafkaReady, .true, "BrokersAnswer", "The brokers at \(servers) answer")
        } catch {
            let failure = StepFailure(.kafkaReady, cause: error)
            work.conditions.set(
                .kafkaReady, .false, failure.reason, failure.message, stalls: failure.retry == .onChange)
        }
    }

    /// Changes whenever a Secret that the gateway's pods have as files does. Of versions, not of contents: a fingerprint that
    /// anybody may read would let a password be guessed.
    func secretFingerprint(_ gateway: TelegramGateway) throws -> String? {
        let names = gateway.spec.mountedSecretNames
        guard !names.isEmpty else { return nil }
        let versions = names.map { name in
            let secret = bots.secrets.get(ObjectKey(namespace: gateway.metadata.namespace, name: name))
            return "\(name)=\(secret.map { "\($0.uid)/\($0.resourceVersion)" } ?? "")"
        }
        return try Applier.fingerprint(of: versions)
    }
}
