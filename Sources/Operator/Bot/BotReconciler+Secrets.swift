import ControllerRuntime
import Cryptography
import KubernetesClient
import KubernetesTypes
import Observability
import PlatformAPI

extension BotReconciler {
    /// Characters of a generated webhook secret; Telegram takes up to 256.
    private static let webhookSecretLength = 48

    /// Writes the worker's Secret and the gateway's binding.
    /// - Returns: the binding's webhook secrets, the one for Telegram first.
    func ensureSecrets(_ context: WorkerContext, _ work: BotWork) async throws -> WebhookSecrets {
        let workerKey = context.bot.workerObjectKey
        if context.bot.spec.effectiveAdoptionPolicy == .ifOwned { try await refuseForeignSecret(workerKey) }
        try await apply(WorkerManifests.secret(context), observed: stores.secrets.get(workerKey)?.digest, work)
        FaultPoint.passed(.workerSecretWritten)

        let key = ObjectKey(namespace: context.gateway.metadata.namespace, name: context.botID.bindingName)
        let secrets = try await exchanged(webhookSecrets(of: key, context), key, context, work)
        try await apply(BindingManifest.secret(context, secrets), observed: stores.secrets.get(key)?.digest, work)

        FaultPoint.passed(.bindingWritten)
        // Bindings in other namespaces are left from a gateway that the bot used before.
        for old in stores.secrets.keys(in: BotStores.Index.owner, at: context.bot.key.description) where old != key {
            try await deleteIfThere(Secret.self, old)
        }
        return secrets
    }

    /// The alias of the binding that is there; a new one where the gateway has a proxy and the binding none. Once made it
    /// stays: pods that were started with it go on while the gateway changes.
    func aliasToken(_ context: WorkerContext) async throws -> Sensitive<String>? {
        let key = ObjectKey(namespace: context.gateway.metadata.namespace, name: context.botID.bindingName)
        if let known = stores.secrets.get(key)?.alias { return known }
        guard context.gateway.spec.botAPIProxy != nil else { return nil }
        // The watch may lag behind our own write.
        if let secret = try await client.find(Secret.self, key), let alias = AliasToken.kept(secret) { return alias }
        return try AliasToken.make(context.botID)
    }

    /// Somebody else's Secret of that name must not be taken over.
    private func refuseForeignSecret(_ key: ObjectKey) async throws {
        if let observed = stores.secrets.get(key) {
            guard observed.digest == nil else { return }
        } else {
            guard let found = try await client.find(Secret.self, key),
                found.metadata.labels?[Labels.managedBy] != Labels.managedByValue
            else { return }
        }
        throw Adoption.secretNotOwned(key)
    }

    /// The secrets of the binding that is there, else a new one. The watch may lag behind our own write, so a binding that
    /// it does not show is looked for before a new secret makes the old one worthless.
    private func webhookSecrets(of key: ObjectKey, _ context: WorkerContext) async throws -> WebhookSecrets {
        if let known = stores.secrets.get(key)?.webhookSecrets { return known }
        if let secret = try await client.find(Secret.self, key), let secrets = WebhookSecrets(secret) {
            return secrets
        }
        return WebhookSecrets(
            values: [try SecureRandom.token(length: Self.webhookSecretLength)],
            tokenFingerprint: context.token.fingerprint, request: context.bot.rotationRequest, since: Self.seconds())
    }

    /// The secrets with an exchange begun or ended where it is due.
    private func exchanged(
        _ secrets: WebhookSecrets, _ key: ObjectKey, _ context: WorkerContext, _ work: BotWork
    ) async throws -> WebhookSecrets {
        let now = Self.seconds()
        let token = context.token.fingerprint
        let request = context.bot.rotationRequest
        func step(_ secrets: WebhookSecrets) -> WebhookSecrets.Step {
            secrets.step(
                context, told: work.status.webhook, now: now, overlap: settings.webhookSecretOverlap)
        }
        var secrets = secrets
        if step(secrets) != .keep, let secret = try await client.find(Secret.self, key) {
            // The watch may still show those of before an exchange that has been made.
            secrets = WebhookSecrets(secret) ?? secrets
        }
        let due = step(secrets)
        if due == .exchange {
            events.record(
                regarding: context.bot.reference, type: .normal, reason: "WebhookSecretExchanged", action: "Reconcile",
                note: "the webhook gets a new secret; the old one is taken until Telegram uses the new one")
        }
        let next = try secrets.after(due, tokenFingerprint: token, request: request, now: now) {
            try SecureRandom.token(length: Self.webhookSecretLength)
        }
        if next.values.count > 1 {
            let age = Duration.seconds(now - next.since)
            work.lookAgain(in: max(.seconds(1), settings.webhookSecretOverlap - age))
        }
        return next
    }

    func deleteIfThere<Object: KubernetesResource>(_ type: Object.Type, _ key: ObjectKey) async throws {
        do {
            // With what belongs to it: a Job's pods would stay otherwise.
            try await client.delete(type, key, options: DeleteOptions(propagationPolicy: .background))
        } catch let error as KubernetesError where error.isNotFound {
            return
        }
    }
}
