import Cryptography
import JSON
import KubernetesTypes
import PlatformAPI

/// The Job that migrates what a bot keeps, its database for instance, to the version of a new image. Pure.
enum MigrationManifest {
    /// Fingerprint of image and migration: another one needs another Job. `nil` when the bot has no migration.
    static func version(_ worker: TelegramBotSpec.Worker?) -> String? {
        guard let worker, let migration = worker.migration else { return nil }
        let command = (migration.command ?? worker.command ?? []) + [""] + (migration.args ?? worker.args ?? [])
        return String(SHA256.hex(Array(([worker.image] + command).joined(separator: "\u{0}").utf8)).prefix(8))
    }

    /// The Job of that version. A name has 63 characters at most, so a long one of the bot is cut: the version makes up
    /// for it with the bot's label.
    static func name(_ bot: TelegramBot, version: String) -> String {
        let name = bot.metadata.name ?? ""
        let whole = "bot-\(name)-migrate-\(version)"
        guard whole.utf8.count > 63 else { return whole }
        let rest = String(SHA256.hex(Array(name.utf8)).prefix(6))
        return "bot-\(name.prefix(35))-\(rest)-migrate-\(version)"
    }

    /// `nil` when the bot has no migration.
    static func job(_ context: WorkerContext) -> Job? {
        guard let worker = context.bot.spec.worker, let migration = worker.migration,
            let version = version(worker), var template = WorkerManifests.deployment(context)?.spec.template,
            var container = template.spec.containers.first
        else { return nil }
        container.command = migration.command ?? worker.command
        container.args = migration.args ?? worker.args
        template.spec.containers = [container]
        template.spec.restartPolicy = "Never"
        template.overlay = template.overlay.map(forJob)
        // Not the worker's labels: the Deployment would count the Job's pods as its own.
        let labels = context.labels
            .merging([Labels.component: Labels.migrationComponent, Labels.version: version]) { $1 }
            .filter { $0.key != Labels.bot }
        template.metadata = ObjectMeta(labels: labels)
        var metadata = context.ownedMetadata
        metadata.name = name(context.bot, version: version)
        metadata.labels = labels.merging([Labels.bot: context.bot.metadata.name ?? ""]) { $1 }
        let timeout = DurationText.parse(migration.effectiveTimeout) ?? .seconds(600)
        return Job(
            metadata: metadata,
            spec: Job.Spec(
                backoffLimit: migration.effectiveRetries,
                activeDeadlineSeconds: max(1, Int(timeout.components.seconds)), template: template))
    }

    /// The overlay without what would keep a Job from ending: containers beside the bot's, probes and hooks.
    private static func forJob(_ overlay: JSONValue) -> JSONValue {
        guard case .object(var template) = overlay, case .object(var spec)? = template["spec"] else { return overlay }
        spec["restartPolicy"] = .string("Never")
        let containers = (spec["containers"]?.arrayValue ?? []).filter { $0["name"] == "bot" }
        spec["containers"] = .array(
            containers.map { container in
                .object(
                    (container.objectValue ?? [:]).filter { field in
                        !["readinessProbe", "livenessProbe", "startupProbe", "lifecycle"].contains(field.key)
                    })
            })
        template["spec"] = .object(spec)
        template.removeValue(forKey: "metadata")
        return .object(template)
    }
}
