/// The values that absent fields have. The CRD's schema states the same, so that `kubectl get -o yaml` shows them; this
/// is for objects that were stored before a default existed.
extension TelegramBotSpec {
    package var tokenKey: String { tokenSecretRef.key ?? "token" }
    package var minReplicas: Int { scaling?.minReplicas ?? 0 }
    package var maxReplicas: Int { scaling?.maxReplicas ?? 10 }
    package var lagThreshold: Int { scaling?.lagThreshold ?? 5 }
    package var activationLagThreshold: Int { scaling?.activationLagThreshold ?? 0 }
    package var pollingInterval: String { scaling?.pollingInterval ?? "30s" }
    package var cooldownPeriod: String { scaling?.cooldownPeriod ?? "120s" }
    package var rolloutDeadline: String { worker?.rollout?.deadline ?? "10m" }
    package var rolloutFailurePolicy: FailurePolicy { worker?.rollout?.onFailure ?? .rollback }
    package var partitions: Int { kafka?.partitions ?? max(1, maxReplicas) }
    package var hasResults: Bool { kafka?.results ?? false }
    package var updateMode: UpdateMode { updates?.mode ?? .webhook }
    package var maxConnections: Int { updates?.maxConnections ?? 40 }
    package var webhookAdoption: WebhookAdoption { updates?.webhookAdoption ?? .ifUnowned }
    package var effectiveDriftPolicy: DriftPolicy { driftPolicy ?? .repair }
    package var effectiveAdoptionPolicy: AdoptionPolicy { adoptionPolicy ?? .ifOwned }
    package var effectiveDeletionPolicy: DeletionPolicy { deletionPolicy ?? .delete }
}

extension TelegramBotSpec.Migration {
    package var effectiveTimeout: String { timeout ?? "10m" }
    package var effectiveRetries: Int { retries ?? 3 }
}
