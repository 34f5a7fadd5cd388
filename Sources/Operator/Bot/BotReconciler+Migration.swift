import ControllerRuntime
import KubernetesClient
import KubernetesTypes
import PlatformAPI

extension BotReconciler {
    /// Has a new image's migration run before the image rolls out.
    /// - Returns: whether the worker may be brought to what is wanted.
    /// - Throws: ``StepFailure`` when it may not and there is no version before that could go on.
    func ensureMigration(_ context: WorkerContext, _ work: BotWork) async throws -> Bool {
        let version = MigrationManifest.version(context.bot.spec.worker)
        let key = version.map {
            ObjectKey(
                namespace: context.bot.metadata.namespace, name: MigrationManifest.name(context.bot, version: $0))
        }
        let plan = MigrationPlan.decide(
            version: version, migrated: work.status.rollout?.migrated, job: key.flatMap { stores.jobs.get($0)?.status })
        let image = context.bot.spec.worker?.image ?? ""
        switch plan {
        case .proceed: return true
        case .succeeded:
            work.migrated = version
            events.record(
                regarding: context.bot.reference, type: .normal, reason: "Migrated", action: "Migrate", subject: image,
                note: "the migration to image \(image) has succeeded")
            // Those of other versions are of no use any more; this one stays to be looked at.
            for other in stores.jobs.keys(in: BotStores.Index.owner, at: context.bot.key.description) where other != key
            {
                try await deleteIfThere(Job.self, other)
            }
            return true
        case .create:
            guard let job = MigrationManifest.job(context) else { return true }
            _ = try await client.apply(job, fieldManager: FieldManager.main, force: true)
            try hold(
                context, work, "Migrating", "Job \(job.key.name) migrates to image \(image)", retry: .backoff)
        case .wait:
            try hold(
                context, work, "Migrating", "Job \(key?.name ?? "") migrates to image \(image)", retry: .backoff)
        case .failed(let why):
            let template = version ?? ""
            if work.status.history?.first.map({ $0.result == .migrationFailed && $0.template == template }) != true {
                work.status.remember(
                    TelegramBotStatus.HistoryEntry(
                        image: image, result: .migrationFailed, at: Self.timestamp(), template: template))
                events.record(
                    regarding: context.bot.reference, type: .warning, reason: "MigrationFailed", action: "Migrate",
                    subject: image,
                    note: "the migration to image \(image) has failed: \(why)")
            }
            try hold(
                context, work, "MigrationFailed",
                "Job \(key?.name ?? "") has failed (\(why)): see its log, then change spec.worker, "
                    + "or delete the Job to have it run again", retry: .onChange)
        }
        return false
    }

    /// The worker stays as it is; without one there is nothing to go on with.
    private func hold(
        _ context: WorkerContext, _ work: BotWork, _ reason: String, _ message: String, retry: StepFailure.Retry
    ) throws {
        let status: Condition.Status = retry == .onChange ? .false : .unknown
        guard stores.deployments.get(context.bot.workerObjectKey) != nil else {
            throw StepFailure(
                .workloadReady, reason, message,
                retry: retry == .onChange ? .onChange : .after(settings.resyncInterval),
                isTrouble: retry == .onChange)
        }
        work.conditions.set(
            .workloadReady, status, reason, message + "; the version before goes on", stalls: retry == .onChange)
    }
}
