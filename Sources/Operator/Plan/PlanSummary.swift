/// How much a plan changes.
package struct PlanSummary: Encodable, Sendable, Equatable {
    /// Kubernetes objects and topics.
    package private(set) var create = 0
    package private(set) var change = 0
    package private(set) var delete = 0
    /// Webhooks.
    package private(set) var webhooksToSet = 0
    package private(set) var webhooksToRemove = 0
    package private(set) var profileCalls = 0
    /// Bots of which a step would fail.
    package private(set) var failing = 0
    /// Parts of which nothing can be said.
    package private(set) var unknown = 0

    package init(_ plan: Plan) {
        for bot in plan.bots {
            for action in bot.kubernetes.map(\.action) + bot.kafka.topics.map(\.action) {
                switch action {
                case .create: create += 1
                case .change: change += 1
                case .delete: delete += 1
                case .keep: break
                }
            }
            change += bot.kafka.offsets.count
            switch bot.telegram.webhook?.action {
            case .create, .change: webhooksToSet += 1
            case .delete: webhooksToRemove += 1
            case .keep, nil: break
            }
            profileCalls += bot.telegram.profile.count
            failing += bot.conditions.contains { $0.type == "Ready" && $0.status == "False" } ? 1 : 0
            unknown += (bot.kafka.unknown == nil ? 0 : 1) + (bot.telegram.unknown == nil ? 0 : 1)
        }
    }

    /// The last line for people.
    package var text: String {
        var parts: [String] = []
        if create + change + delete > 0 {
            parts.append("\(create) to create, \(change) to change, \(delete) to delete")
        }
        if webhooksToSet > 0 { parts.append(Self.count(webhooksToSet, "webhook") + " to set") }
        if webhooksToRemove > 0 { parts.append(Self.count(webhooksToRemove, "webhook") + " to remove") }
        if profileCalls > 0 { parts.append(profileCalls == 1 ? "1 profile call" : "\(profileCalls) profile calls") }
        var text = parts.isEmpty ? "No changes." : "Plan: " + parts.joined(separator: "; ") + "."
        if failing > 0 { text += failing == 1 ? " 1 bot would not be Ready." : " \(failing) bots would not be Ready." }
        if unknown > 0 { text += unknown == 1 ? " 1 part is unknown." : " \(unknown) parts are unknown." }
        return text
    }

    private static func count(_ number: Int, _ noun: String) -> String {
        number == 1 ? noun : "\(number) \(noun)s"
    }
}
