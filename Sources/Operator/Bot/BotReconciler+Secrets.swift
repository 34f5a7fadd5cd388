import ControllerRuntime
import Cryptography
import KubernetesClient
import KubernetesTypes
import PlatformAPI

extension BotReconciler {
    /// Characters of a generated webhook secret; Telegram takes up to 256.
    private static let webhookSecretLength = 48

    /// Writes the worker's Secret and the gateway's binding.
    /// - Returns: the binding's webhook secrets, the one for Telegram first.
    func ensureSecrets(_ context: WorkerContext) async throws -> [String] {
        let workerKey = context.bot.workerObjectKey
        try await refuseForeignSecret(workerKey)
        try await applier.ensure(WorkerManifests.secret(context), observed: stores.secrets.get(workerKey)?.digest)

        let key = ObjectKey(namespace: context.gateway.metadata.namespace, name: context.botID.bindingName)
        let secrets = try await webhookSecrets(of: key)
        try await applier.ensure(
            BindingManifest.secret(context, webhookSecrets: secrets), observed: stores.secrets.get(key)?.digest)

        // Bindings in other namespaces are left from a gateway that the bot used before.
        for old in stores.secrets.keys(in: BotStores.Index.owner, at: context.bot.key.description) where old != key {
            try await deleteIfThere(Secret.self, old)
        }
        return secrets
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
        throw StepFailure(
            .workloadReady, "SecretNotOwned",
            "Secret \(key) exists and is not the platform's: delete or rename it", retry: .onChange)
    }

    /// The secrets of the binding that is there, else a new one. The watch may lag behind our own write, so a binding that
    /// it does not show is looked for before a new secret makes the old one worthless.
    private func webhookSecrets(of key: ObjectKey) async throws -> [String] {
        if let known = stores.secrets.get(key)?.webhookSecrets, !known.isEmpty { return known }
        if let secret = try await client.find(Secret.self, key),
            case .success(let binding) = Result(catching: { () throws(BindingError) in try Binding(secret) })
        {
            return binding.webhookSecrets
        }
        return [try SecureRandom.token(length: Self.webhookSecretLength)]
    }

    func deleteIfThere<Object: KubernetesResource>(_ type: Object.Type, _ key: ObjectKey) async throws {
        do {
            try await client.delete(type, key)
        } catch let error as KubernetesError where error.isNotFound {
            return
        }
    }
}
