import Foundation
import KafkaClient
import KubernetesTypes
import PlatformAPI
import TelegramBotAPI
import Testing

@testable import Operator

@Suite struct TopicPlanTests {
    private let botID = BotID(number: 42)

    private func wanted(_ bot: TelegramBot, _ gateway: TelegramGateway = Samples.gateway) -> [TopicPlan.Wanted] {
        TopicPlan.wanted(botID: botID, bot: bot, gateway: gateway)
    }

    @Test func aBotHasThreeTopics() {
        let bot = Samples.bot { $0.spec.kafka = .init(config: ["retention.ms": "1000"]) }
        #expect(
            wanted(bot) == [
                TopicPlan.Wanted(
                    name: "bot_42_incoming", partitions: 4, isExact: false, replicationFactor: 3,
                    config: ["retention.ms": "1000"]),
                TopicPlan.Wanted(name: "bot_42_outgoing", partitions: 1, replicationFactor: 3, config: [:]),
                TopicPlan.Wanted(name: "bot_42_dead_letter", partitions: 1, replicationFactor: 3, config: [:]),
            ])
    }

    @Test func theBotsOwnNumbersWin() {
        let bot = Samples.bot { $0.spec.kafka = .init(partitions: 7, replicationFactor: 2) }
        #expect(wanted(bot).map(\.partitions) == [7, 1, 1])
        #expect(wanted(bot).map(\.replicationFactor) == [2, 2, 2])
        var gateway = Samples.gateway
        gateway.spec.kafka.replicationFactor = nil
        #expect(wanted(Samples.bot(), gateway).map(\.replicationFactor) == [-1, -1, -1])
    }

    /// Topics with three copies each.
    private func found(_ partitions: [String: Int], replicas: Int = 3) -> [String: TopicPlan.Found] {
        partitions.mapValues { TopicPlan.Found(partitions: $0, replicas: replicas) }
    }

    @Test func anotherNumberOfCopiesIsSaidWithTheNextStep() {
        let present = found(["bot_42_incoming": 4, "bot_42_outgoing": 1, "bot_42_dead_letter": 1], replicas: 1)
        let plan = TopicPlan(wanted: wanted(Samples.bot()), found: present)
        #expect(plan.create == [] && plan.grow == [])
        #expect(plan.irreparable.count == 3)
        #expect(plan.irreparable.first?.contains("replicationFactor to 1") == true)
        var gateway = Samples.gateway
        gateway.spec.kafka.replicationFactor = nil
        #expect(TopicPlan(wanted: wanted(Samples.bot(), gateway), found: present).irreparable == [])
    }

    @Test func whatIsMissingIsCreatedAndWhatIsSmallGrows() {
        let topics = wanted(Samples.bot())
        let nothing = TopicPlan(wanted: topics, found: [:])
        #expect(nothing.create == topics)
        #expect(nothing.grow == [] && nothing.irreparable == [])
        let small = TopicPlan(
            wanted: topics, found: found(["bot_42_incoming": 2, "bot_42_outgoing": 1, "unrelated": 1]))
        #expect(small.create.map(\.name) == ["bot_42_dead_letter"])
        #expect(small.grow == [TopicPlan.Growth(topic: "bot_42_incoming", partitions: 4)])
    }

    @Test func whatIsRightIsLeftAlone() {
        let plan = TopicPlan(
            wanted: wanted(Samples.bot()),
            found: found(["bot_42_incoming": 4, "bot_42_outgoing": 1, "bot_42_dead_letter": 1]))
        #expect(plan.create == [] && plan.grow == [] && plan.irreparable == [])
    }

    @Test func moreThanAnAskedForNumberIsSaidWithTheNextStep() {
        let bot = Samples.bot { $0.spec.kafka = .init(partitions: 4) }
        let plan = TopicPlan(
            wanted: wanted(bot), found: found(["bot_42_incoming": 9, "bot_42_outgoing": 1, "bot_42_dead_letter": 1]))
        #expect(plan.create == [] && plan.grow == [])
        #expect(plan.irreparable.count == 1)
        #expect(plan.irreparable.first?.contains("spec.kafka.partitions to 9") == true)
    }

    @Test func moreThanFollowsFromTheWorkersIsNoDifference() {
        let plan = TopicPlan(
            wanted: wanted(Samples.bot()),
            found: found(["bot_42_incoming": 9, "bot_42_outgoing": 1, "bot_42_dead_letter": 1]))
        #expect(plan.create == [] && plan.grow == [] && plan.irreparable == [])
    }
}

@Suite struct OffsetPlanTests {
    private func partition(_ number: Int32) -> TopicPartition { TopicPartition(topic: "t", partition: number) }

    @Test func onlyWhatIsMissingOrBelowTheLogIsCommitted() {
        let start: [TopicPartition: Int64] = [partition(0): 0, partition(1): 5, partition(2): 5, partition(3): 0]
        let committed: [TopicPartition: Int64] = [partition(1): 4, partition(2): 5, partition(3): -1, partition(9): 1]
        #expect(
            OffsetPlan.commits(start: start, committed: committed) == [
                partition(0): 0, partition(1): 5, partition(3): 0,
            ])
        #expect(
            OffsetPlan.commits(start: start, committed: committed, refreshes: true) == [
                partition(0): 0, partition(1): 5, partition(2): 5, partition(3): 0,
            ])
    }

    @Test func whatIsCommittedStays() {
        #expect(OffsetPlan.commits(start: [partition(0): 0], committed: [partition(0): 0]) == [:])
        #expect(OffsetPlan.commits(start: [partition(0): 3], committed: [partition(0): 100]) == [:])
    }
}

@Suite struct WebhookWishTests {
    private func hash(
        _ change: (inout TelegramBot) -> Void = { _ in }, secret: String = "s", url: String = "https://x",
        number: Int64 = 42
    ) -> String {
        var gateway = Samples.gateway
        gateway.spec.publicURL = url
        return WebhookWish(Samples.context(Samples.bot(change), gateway: gateway, number: number), secret: secret).hash
    }

    @Test func theWishNamesTheGatewaysAddressAndTheBot() {
        let wish = WebhookWish(Samples.context(), secret: "s")
        #expect(wish.url == "https://bots.example.org/webhook/bot_42")
        #expect(wish.allowedUpdates == ["message", "callback_query"])
        #expect(wish.maxConnections == 20)
        #expect(WebhookWish(Samples.context(Samples.bot { $0.spec.updates = nil }), secret: "s").allowedUpdates == nil)
    }

    @Test(arguments: [
        (
            #""url":"https://bots.example.org/webhook/bot_42","max_connections":20,"allowed_updates":["callback_query","message"]"#,
            true
        ),
        (#""url":"https://bots.example.org/webhook/bot_42""#, true),
        (#""url":"https://elsewhere.example.org/","max_connections":20"#, false),
        (#""url":"https://bots.example.org/webhook/bot_42","max_connections":40"#, false),
        (#""url":"https://bots.example.org/webhook/bot_42","allowed_updates":["message"]"#, false),
    ]) func whatTelegramHasIsCompared(fields: String, isMet: Bool) throws {
        let text = #"{"pending_update_count":0,"has_custom_certificate":false,\#(fields)}"#
        let info = try JSONDecoder().decode(WebhookInfo.self, from: Data(text.utf8))
        #expect(WebhookWish(Samples.context(), secret: "s").isMet(by: info) == isMet)
    }

    @Test func theHashChangesWithEachInputAndWithNothingElse() {
        let hashes = [
            hash(), hash(secret: "other"), hash(url: "https://y"), hash(number: 43),
            hash { $0.spec.updates?.maxConnections = 21 }, hash { $0.spec.updates?.allowedUpdates = ["message"] },
            hash { $0.spec.updates?.allowedUpdates = nil },
            hash { $0.spec.updates?.allowedUpdates = ["callback_query", "message"] },
        ]
        #expect(Set(hashes).count == hashes.count)
        #expect(hash { $0.spec.worker?.image = "another" } == hash())
        #expect(hash().count == 16)
        #expect(!hash(secret: "visible").contains("visible"))
    }
}
