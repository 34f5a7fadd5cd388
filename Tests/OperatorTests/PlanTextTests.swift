import Foundation
import JSON
import KubernetesTypes
import Testing

@testable import Operator

/// What people and programs read, compared with the files in `Golden`; see ``ManifestTests`` for how they are written anew.
@Suite struct PlanTextTests {
    private static let key = ObjectKey(namespace: "bots", name: "shop")

    private static var new: BotPlan {
        var plan = BotPlan(key)
        plan.botID = "bot_42"
        plan.username = "shop_bot"
        plan.gateway = "tgs/main"
        plan.kubernetes = [
            ObjectChange("TelegramBot", key, .create),
            ObjectChange(
                "Secret", ObjectKey(namespace: "bots", name: "bot-shop"), .create,
                fields: [FieldChange("data.BOT_TOKEN", old: "a", new: "b", isSecret: true)]),
            ObjectChange(
                "Deployment", ObjectKey(namespace: "bots", name: "bot-shop"), .create,
                fields: [FieldChange("spec.replicas", old: Optional.none, new: 0)],
                note: "image shop@sha256:4f5e3c2b1a09876543210fedcba98765432, 0 replicas"),
        ]
        var topic = TopicChange("bot_42_incoming", .create)
        topic.partitions = 3
        topic.replicationFactor = 2
        topic.settings = [FieldChange("retention.ms", old: Optional.none, new: "1000")]
        plan.kafka.topics = [topic]
        plan.kafka.bootstrapServers = "kafka:9092"
        plan.telegram.webhook = WebhookChange(
            .create, url: "https://bots.example.org/webhook/bot_42",
            fields: [FieldChange("max_connections", old: Optional.none, new: 40)])
        plan.notes = ["not checked by the API server"]
        return plan
    }

    private static var changed: BotPlan {
        var plan = BotPlan(key)
        plan.botID = "bot_42"
        plan.gateway = "tgs/main"
        plan.kubernetes = [
            ObjectChange("TelegramBot", key, .keep),
            ObjectChange(
                "Secret", ObjectKey(namespace: "bots", name: "bot-shop"), .change,
                fields: [FieldChange("data.BOT_TOKEN", old: "a", new: "b", isSecret: true)]),
            ObjectChange(
                "Deployment", ObjectKey(namespace: "bots", name: "bot-shop"), .change,
                fields: [
                    FieldChange("spec.template.spec.containers[bot].image", old: "shop:1", new: "shop:2"),
                    FieldChange(
                        "spec.template.spec.containers[bot].env[OLD]", old: ["name": "OLD", "value": "1"],
                        new: Optional.none),
                    FieldChange(
                        "spec.template.spec.containers[bot].env[LEAK].value", old: Optional.none,
                        new: "42:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"),
                ], note: "changed by somebody else, and put back"),
            ObjectChange("Secret", ObjectKey(namespace: "old", name: "binding-bot-42"), .delete),
        ]
        var topic = TopicChange("bot_42_incoming", .change)
        topic.partitions = 5
        topic.oldPartitions = 3
        topic.settings = [FieldChange("retention.ms", old: "1000", new: Optional.none)]
        plan.kafka.topics = [topic, TopicChange("bot_42_outgoing", .keep)]
        plan.kafka.offsets = ["offsets of group bot_42_workers to be committed for 1 of 3 partitions"]
        plan.telegram.profile = [
            ProfileChange(
                part: "commands", method: "deleteMyCommands", old: ["/start Begin"], new: nil, isRelease: true),
            ProfileChange(part: "name/de", method: "setMyName", old: "Laden", new: "Geschäft", isRelease: false),
        ]
        plan.telegram.webhook = WebhookChange(
            .change, url: "https://bots.example.org/webhook/bot_42",
            fields: [FieldChange("secret_token", old: "x", new: "y", isSecret: true)])
        return plan
    }

    private static var stopped: BotPlan {
        var plan = BotPlan(ObjectKey(namespace: "bots", name: "other"))
        plan.kafka.unknown = "no broker of kafka:9092 can be reached"
        plan.telegram.unknown = "getMe was not answered"
        plan.conditions = [
            PlannedCondition(type: "TokenValid", reason: "SecretMissing", message: "Secret bots/other does not exist"),
            PlannedCondition(type: "Ready", reason: "SecretMissing", message: "the steps after TokenValid wait"),
        ]
        return plan
    }

    @Test func aPlanForPeopleIsAsWrittenDown() throws {
        let plan = Plan(
            bots: [Self.new, Self.changed, Self.stopped], taken: ["Secret bots/shop-token"],
            passedOver: ["ConfigMap bots/more"])
        try expect(PlanText.render(plan), toBe: "plan.txt")
    }

    @Test func aPlanForProgramsIsAsWrittenDown() throws {
        try expect(PlanText.json(Plan(bots: [Self.new, Self.changed, Self.stopped])), toBe: "plan.json")
    }

    @Test func nothingToDoIsSaid() {
        let text = PlanText.render(Plan(bots: [BotPlan(Self.key)]))
        #expect(text == "TelegramBot bots/shop\n  nothing would change\n\nNo changes.\n")
        #expect(!Plan(bots: [BotPlan(Self.key)]).hasChanges)
    }

    private func expect(_ text: String, toBe name: String) throws {
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Golden/\(name)")
        if ProcessInfo.processInfo.environment["UPDATE_GOLDEN"] == "1" { try Data(text.utf8).write(to: file) }
        #expect(try text == String(contentsOf: file, encoding: .utf8), "\(name) differs")
    }
}
