import Concurrency
import ControllerRuntime
import FoundationEssentials
import KubernetesClient
import KubernetesTypes
import Observability
import PlatformAPI

extension GatewayReconciler {
    /// The gateway with the status that was written last, when the watch does not show that yet.
    func latest(_ seen: TelegramGateway) -> TelegramGateway {
        var gateway = seen
        written.withLock { written in
            guard let last = written[seen.key] else { return }
            if last.seen == seen.metadata.resourceVersion {
                gateway.status = last.status
            } else {
                written[seen.key] = nil
            }
        }
        return gateway
    }

    /// Writes the status when it differs from the one that is there, and says in an Event what changed.
    func writeStatus(_ work: GatewayWork, seen: TelegramGateway) async throws {
        let gateway = work.gateway
        var status = work.status
        status.conditions = work.conditions.list
        status.observedGeneration = gateway.metadata.generation
        guard status != gateway.status else { return }
        do {
            _ = try await client.apply(
                GatewayStatusHolder(key: gateway.key, status: status), fieldManager: FieldManager.main, force: true,
                subresource: .status)
        } catch let error as KubernetesError where error.isNotFound {
            // Deleted meanwhile: there is nobody left to tell.
            return
        }
        written.withLock { $0[gateway.key] = Written(seen: seen.metadata.resourceVersion, status: status) }
        report(status, before: gateway.status, of: gateway, isTrouble: work.isInTrouble)
    }

    private func report(
        _ status: TelegramGatewayStatus, before: TelegramGatewayStatus?, of gateway: TelegramGateway, isTrouble: Bool
    ) {
        let ready = ConditionType.ready.rawValue
        guard let now = status.conditions?.first(where: { $0.type == ready }) else { return }
        let then = before?.conditions?.first { $0.type == ready }
        guard now.status != then?.status || now.reason != then?.reason else { return }
        logger.info(
            "gateway is \(now.status == .true ? "ready" : "not ready")",
            ["gateway": .string("\(gateway.key)"), "reason": .string(now.reason)])
        events.record(
            regarding: gateway.reference, type: isTrouble ? .warning : .normal, reason: now.reason,
            action: "Reconcile", note: now.message)
    }
}

/// A TelegramGateway of which only the status is stated.
struct GatewayStatusHolder: KubernetesResource {
    static let definition = TelegramGateway.definition

    var metadata: ObjectMeta
    var status: TelegramGatewayStatus?

    init(key: ObjectKey, status: TelegramGatewayStatus) {
        metadata = ObjectMeta(name: key.name, namespace: key.namespace)
        self.status = status
    }
}

extension TelegramGateway {
    /// How Events name the gateway.
    var reference: ObjectReference {
        ObjectReference(
            apiVersion: Self.definition.apiVersion, kind: Self.definition.kind, namespace: metadata.namespace,
            name: metadata.name ?? "", uid: metadata.uid)
    }
}
