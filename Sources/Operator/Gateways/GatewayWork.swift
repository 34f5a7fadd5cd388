import KubernetesTypes
import PlatformAPI

/// One gateway while it is being reconciled: what its steps find out and report. Used by one task.
final class GatewayWork {
    let gateway: TelegramGateway
    var status: TelegramGatewayStatus
    var conditions: ConditionSet
    /// Something failed, or somebody must change something.
    var isInTrouble = false
    /// What somebody else changed and was put back, as names.
    private(set) var repaired: [String] = []

    init(gateway: TelegramGateway, now: String) {
        self.gateway = gateway
        status = gateway.status ?? TelegramGatewayStatus()
        conditions = ConditionSet(
            previous: gateway.status?.conditions ?? [], generation: gateway.metadata.generation, now: now,
            of: gateway.spec.isManaged ? .gateway : .externalGateway)
    }

    func note(_ outcome: ApplyOutcome, _ name: String) {
        if outcome == .repaired { repaired.append(name) }
    }

    func set(_ type: ConditionType, _ verdict: GatewayHealth.Verdict, stalls: Bool = false) {
        conditions.set(type, verdict.status, verdict.reason, verdict.message, stalls: stalls)
    }
}
