import FoundationEssentials
import JSON
import Observability

/// A plan for people. Pure.
package enum PlanText {
    /// Values that are longer are cut.
    private static let longestValue = 160

    /// The whole text, with a line feed at its end.
    package static func render(_ plan: Plan) -> String {
        var lines: [String] = []
        for bot in plan.bots { lines += render(bot) + [""] }
        if !plan.taken.isEmpty { lines.append("Taken as applied: \(plan.taken.joined(separator: ", "))") }
        if !plan.passedOver.isEmpty { lines.append("Passed over: \(plan.passedOver.joined(separator: ", "))") }
        lines.append(PlanSummary(plan).text)
        return masked(lines.joined(separator: "\n")) + "\n"
    }

    /// The plan for programs, as docs/plan.md describes it, with a line feed at its end.
    package static func json(_ plan: Plan) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        return masked(String(decoding: try encoder.encode(plan), as: UTF8.self)) + "\n"
    }

    /// Tokens that somebody wrote where none belongs are not repeated. The digest of an image is no token.
    private static func masked(_ text: String) -> String {
        text.split(separator: "sha256:", omittingEmptySubsequences: false).map { Redaction.mask(String($0)) }
            .joined(separator: "sha256:")
    }

    private static func render(_ bot: BotPlan) -> [String] {
        var title = "TelegramBot \(bot.namespace)/\(bot.name)"
        let identity = [bot.botID, bot.username.map { "@\($0)" }].compactMap { $0 }
        if !identity.isEmpty { title += " (\(identity.joined(separator: ", ")))" }
        if let gateway = bot.gateway { title += " by TelegramGateway \(gateway)" }
        var lines = [title]
        lines += section("Kubernetes", bot.kubernetes.filter { $0.action.isChange || $0.note != nil }.flatMap(render))
        lines += section("Kafka", render(bot.kafka))
        lines += section("Telegram", render(bot.telegram))
        if !bot.hasChanges {
            let isKnown = bot.kafka.unknown == nil && bot.telegram.unknown == nil
            lines.append("  nothing would change" + (isKnown ? "" : ", as far as is known"))
        }
        lines += bot.conditions.map { "  ! \($0.type)=\($0.status) \($0.reason): \($0.message)" }
        lines += bot.notes.map { "  i \($0)" }
        return lines
    }

    private static func section(_ title: String, _ lines: [String]) -> [String] {
        lines.isEmpty ? [] : ["  \(title)"] + lines.map { "    \($0)" }
    }

    private static func render(_ object: ObjectChange) -> [String] {
        let line = "\(sign(object.action)) \(object.kind) \(object.namespace)/\(object.name)"
        let shown = object.action == .create ? [] : object.fields
        return [line + (object.note.map { ": \($0)" } ?? "")] + shown.map { "    \(render($0))" }
    }

    private static func render(_ kafka: KafkaPlan) -> [String] {
        if let unknown = kafka.unknown { return ["? unknown: \(unknown)"] }
        return kafka.topics.filter { $0.action.isChange || $0.note != nil }.flatMap(render)
            + kafka.offsets.map { "~ \($0)" }
    }

    private static func render(_ topic: TopicChange) -> [String] {
        var details: [String] = []
        if let partitions = topic.partitions {
            details.append(
                topic.oldPartitions.map { "partitions: \($0) → \(partitions)" }
                    ?? (partitions == 1 ? "1 partition" : "\(partitions) partitions"))
        }
        if let factor = topic.replicationFactor { details.append(factor == 1 ? "1 copy" : "\(factor) copies") }
        if let note = topic.note { details.append(note) }
        let line = "\(sign(topic.action)) topic \(topic.name)"
        return [line + (details.isEmpty ? "" : ": " + details.joined(separator: ", "))]
            + topic.settings.map { "    \(render($0))" }
    }

    private static func render(_ telegram: TelegramPlan) -> [String] {
        var lines = telegram.profile.map { call in
            let change = FieldChange("profile \(call.part)", old: call.old, new: call.new)
            let action: PlanAction = call.new == nil ? .delete : call.old == nil ? .create : .change
            return "\(sign(action)) \(render(change)) (\(call.method))"
        }
        if let webhook = telegram.webhook, webhook.action.isChange || webhook.note != nil {
            var line = "\(sign(webhook.action)) webhook"
            if let url = webhook.url { line += " \(url)" }
            if let note = webhook.note { line += ": \(note)" }
            lines.append(line)
            lines += webhook.fields.map { "    \(render($0))" }
        }
        if let unknown = telegram.unknown { lines.append("? unknown: \(unknown)") }
        return lines
    }

    private static func render(_ field: FieldChange) -> String {
        if field.isSecret { return "\(field.path): (changed)" }
        switch (field.old, field.new) {
        case (.some(let old), .some(let new)): return "\(field.path): \(text(old)) → \(text(new))"
        case (.some(let old), nil): return "\(field.path): \(text(old)) → (none)"
        case (nil, .some(let new)): return "\(field.path): \(text(new))"
        case (nil, nil): return field.path
        }
    }

    private static func sign(_ action: PlanAction) -> String {
        switch action {
        case .create: "+"
        case .change: "~"
        case .delete: "-"
        case .keep: "="
        }
    }

    private static func text(_ value: JSONValue) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard case .success(let data) = Result(catching: { try encoder.encode(value) }) else { return "?" }
        let text = String(decoding: data, as: UTF8.self)
        return text.count > longestValue ? text.prefix(longestValue) + "…" : text
    }
}
