import KubernetesTypes
import PlatformAPI

/// What a bot's migration asks for before its worker may roll out. Pure.
enum MigrationPlan: Equatable {
    /// Nothing stands in the way.
    case proceed
    /// The Job is to be made.
    case create
    /// The Job runs.
    case wait
    /// The Job has just succeeded: what follows may go on.
    case succeeded
    /// The Job has failed, with what Kubernetes says of it.
    case failed(String)

    /// - Parameters:
    ///   - version: fingerprint of what is to be migrated to; `nil` when the bot has no migration.
    ///   - migrated: the version of the last migration that succeeded.
    ///   - job: the Job of this version; `nil` when there is none.
    static func decide(version: String?, migrated: String?, job: Job.Status?) -> MigrationPlan {
        guard let version, version != migrated else { return .proceed }
        guard let job else { return .create }
        for condition in job.conditions ?? [] where condition.status == "True" {
            switch condition.type {
            case "Complete", "SuccessCriteriaMet": return .succeeded
            case "Failed": return .failed(condition.message ?? condition.reason ?? "its pods failed")
            default: continue
            }
        }
        return (job.succeeded ?? 0) > 0 ? .succeeded : .wait
    }
}
