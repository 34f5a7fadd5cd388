import JSON
import PlatformAPI

/// The ServiceAccount that a bot's pods run as. Pure.
struct WorkerAccount: Equatable {
    /// What Kubernetes makes in every namespace.
    private static let fallback = "default"

    /// Its name; stated in any case: once a pod template has named an account, leaving the name out keeps the old one
    /// (the server copies it into the field `serviceAccount`, which is nobody's).
    let name: String
    /// The one that the bot's owner has asked for; `nil`: the platform's own.
    let named: String?
    /// Whether pods run as `bot-<name>`, which the operator makes.
    let isOwn: Bool

    /// - Parameter ownName: the name of the platform's account for this bot.
    init(_ worker: TelegramBotSpec.Worker, ownName: String) {
        let spec = worker.template?["spec"]
        switch spec?["serviceAccountName"] ?? spec?["serviceAccount"] {
        // Taken away, as `kubectl patch` would.
        case .null, .string(""): named = Self.fallback
        case .string(let name): named = name
        default: named = worker.serviceAccountName.flatMap { $0.isEmpty ? Optional.none : $0 }
        }
        name = named ?? ownName
        isOwn = name == ownName
    }

    /// A template without what it says of the account: the pod states that itself. What is no text is left for the API
    /// server to refuse.
    static func removed(from template: JSONValue) -> JSONValue {
        guard case .object(var members) = template, case .object(var spec)? = members["spec"] else { return template }
        for field in ["serviceAccountName", "serviceAccount"] {
            switch spec[field] {
            case .null, .string: spec.removeValue(forKey: field)
            default: break
            }
        }
        members["spec"] = .object(spec)
        return .object(members)
    }
}
