import FoundationEssentials
import Glibc

/// A place in the operator's work where a test has it killed, as a power cut would: the process named by the variable
/// `TGS_FAULT_POINT` ends there by SIGKILL. Only in debug builds; a release knows nothing of it.
enum FaultPoint: String, CaseIterable {
    case finalizerAdded, tokenVerified, topicsClaimed, topicsCreated, offsetsCommitted, topicsMarked
    case workerSecretWritten, bindingWritten, accountWritten
    case deploymentCreated, replicasHeld, deploymentHandedOver
    case budgetWritten, scalerWritten, webhookSet, statusWritten
    case webhookRemoved, scalerDeleted, budgetDeleted, deploymentDeleted, accountDeleted, workerSecretDeleted
    case bindingDeleted, groupDeleted, topicsDeleted, finalizerRemoved

    /// The variable that names a point.
    static let variable = "TGS_FAULT_POINT"

    #if DEBUG
        private static let wanted = ProcessInfo.processInfo.environment[variable]

        /// Has just been passed.
        static func passed(_ point: FaultPoint) {
            guard wanted == point.rawValue else { return }
            kill(getpid(), SIGKILL)
        }
    #else
        @inline(__always) static func passed(_ point: FaultPoint) {}
    #endif
}
