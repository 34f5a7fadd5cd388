import Concurrency
import ControllerRuntime
import Foundation
import Gateway
import JSON
import KafkaClient
import KubernetesClient
import KubernetesTypes
import Observability
import PlatformAPI
import Simulator
import TelegramBotAPI
import TestRig
import Testing

extension GatewayIntegrationTests {
    @Test func polledUpdatesComeInOrderAndOnce() async throws {
        try await GatewayRig.run { rig in
            let bot = try await rig.makeBot(4200)
            let gateway = try RunningGateway(rig.settings, http: rig.http)
            let metrics = PollingMetrics(gateway.registry)
            // Some wait already, more than an answer holds, and some come while it is asked.
            let texts = (0..<150).map { "\($0) ü \u{1F600} \\u00fc" }
            for (number, text) in texts.enumerated() {
                if number == 120 { rig.poll(bot, by: gateway) }
                try rig.simulator.write(MessageSpec(bot: bot.id, user: Int64(number % 3 + 1), text: text))
            }
            let records = try await rig.records([BotID(number: bot.id).incomingTopic], count: texts.count)
            let updates = try records.map { try Polled($0) }
            #expect(updates.count == texts.count && Set(updates.map(\.id)).count == texts.count)
            for chat in 1...3 {
                let got = updates.filter { $0.chat == Int64(chat) }.map(\.text)
                #expect(got == texts.enumerated().filter { $0.offset % 3 + 1 == chat }.map(\.element))
            }
            for record in records {
                let keys = Dictionary(record.headers.map { ($0.0, $0.1) }) { $1 }
                #expect(
                    keys[IncomingEnvelope.Header.updateID] != nil && keys[IncomingEnvelope.Header.traceparent] != nil)
            }
            try await eventually("all is confirmed") { try rig.simulator.state(of: bot.id).pending == 0 }
            #expect(metrics.updates.value(["accepted"]) == Double(texts.count))
            #expect(metrics.bots.value() == 1)

            // Refused or unbound, it is not asked any more: updates stay at Telegram.
            var refused = rig.polled(bot)
            refused.intake = .refuse
            gateway.gateway.directory.upsert(rig.key(bot), refused)
            try await eventually("it is not polled") { metrics.bots.value() == 0 }
            try rig.simulator.write(MessageSpec(bot: bot.id, user: 1, text: "later"))
            let calls = metrics.polls.value(["updates"]) + metrics.polls.value(["empty"])
            try await Task.sleep(for: .seconds(1))
            #expect(metrics.polls.value(["updates"]) + metrics.polls.value(["empty"]) == calls)
            #expect(try rig.simulator.state(of: bot.id).pending == 1)
            var asking = rig.polled(bot)
            asking.polling = .init(allowedUpdates: ["message", "chat_member"])
            gateway.gateway.directory.upsert(rig.key(bot), asking)
            try await eventually("it comes in") { metrics.updates.value(["accepted"]) == Double(texts.count + 1) }
            #expect(try Set(rig.simulator.state(of: bot.id).allowedUpdates) == ["message", "chat_member"])
            try await gateway.stop()
        }
    }

    @Test func whatTheBrokerDoesNotTakeIsAskedForAgain() async throws {
        try await GatewayRig.run { rig in
            let bot = try await rig.makeBot(4200)
            var settings = rig.settings
            settings.deliveryTimeout = .seconds(2)
            let gateway = try RunningGateway(settings, http: rig.http)
            let metrics = PollingMetrics(gateway.registry)
            rig.poll(bot, by: gateway)
            try rig.simulator.write(MessageSpec(bot: bot.id, user: 1, text: "0"))
            try await eventually("the first is in") { metrics.updates.value(["accepted"]) == 1 }
            // The broker writes every 0.3 s.
            try await Task.sleep(for: .seconds(1))
            await rig.broker.stop()
            for number in 1..<30 {
                try rig.simulator.write(MessageSpec(bot: bot.id, user: Int64(number % 2 + 1), text: "\(number)"))
            }
            try await eventually("it is tried") { metrics.updates.value(["unavailable"]) >= 2 }
            #expect(try rig.simulator.state(of: bot.id).pending >= 29)
            #expect(gateway.health.notReady == nil, "a bot's trouble is not the gateway's")
            try await rig.broker.restart()
            try await eventually("all is confirmed") { try rig.simulator.state(of: bot.id).pending == 0 }
            var updates: [Polled] = []
            try await eventually("all is on the topic") {
                // What the broker had although it was not in time may be there twice.
                let records = try await rig.records(
                    [BotID(number: bot.id).incomingTopic], count: 60, within: .seconds(3))
                updates = try records.map { try Polled($0) }
                return Set(updates.map(\.text)) == Set((0..<30).map { "\($0)" })
            }
            for chat in [1, 2] as [Int64] {
                var seen: [Int64] = []
                for update in updates where update.chat == chat && !seen.contains(update.id) { seen.append(update.id) }
                #expect(seen == seen.sorted())
            }
            try await gateway.stop()
        }
    }

    /// While Telegram has a webhook the gateway waits, and goes on by itself when it is gone. A new token is used at once.
    @Test func aWebhookAndARevokedTokenAreWaitedFor() async throws {
        try await GatewayRig.run { rig in
            let bot = try await rig.makeBot(4200)
            let gateway = try RunningGateway(rig.settings, http: rig.http)
            let metrics = PollingMetrics(gateway.registry)
            let telegram = TelegramClient(http: rig.http, baseURL: rig.simulator.apiURL, logger: .silent)
            let token = try BotToken(bot.token)
            try await telegram.setWebhook(WebhookSettings(url: "http://127.0.0.1:1/hook"), token: token)
            rig.poll(bot, by: gateway)
            try await eventually("it is told") { metrics.polls.value(["webhook_set"]) > 0 }
            try rig.simulator.write(MessageSpec(bot: bot.id, user: 1, text: "one"))
            try await telegram.deleteWebhook(token: token)
            try await eventually("it comes") { metrics.updates.value(["accepted"]) == 1 }

            let renewed = try rig.simulator.revokeToken(of: bot.id)
            try await eventually("it is refused") { metrics.polls.value(["token_refused"]) > 0 }
            try rig.simulator.write(MessageSpec(bot: bot.id, user: 1, text: "two"))
            rig.poll(renewed, by: gateway)
            try await eventually("it comes with the new one") { metrics.updates.value(["accepted"]) == 2 }
            #expect(gateway.health.notReady == nil)
            try await gateway.stop()
        }
    }

    /// Two replicas have about half of the bots each; one that ends gives its own to the other, and each update is there once.
    @Test func replicasShareThePolledBotsAndHandThemOver() async throws {
        let plane = try await ControlPlane.shared
        try await plane.withNamespace { namespace in
            try await GatewayRig.run { rig in
                let client = try KubernetesClient(try .kubeconfig(text: plane.kubeconfigText()), logger: .silent)
                var settings = rig.settings
                settings.gateway = ObjectKey(namespace: namespace, name: "main")
                settings.pollingLease.retryPeriod = .milliseconds(500)
                var bots: [BotInfo] = []
                for number in 0..<6 { bots.append(try await rig.makeBot(4200 + Int64(number))) }
                let result: Result<Void, any Error>
                do {
                    try await Self.handOver(rig, settings, client, bots)
                    result = .success(())
                } catch {
                    result = .failure(error)
                }
                await client.shutdown()
                try result.get()
            }
        }
    }

    private static func handOver(
        _ rig: GatewayRig, _ settings: GatewaySettings, _ client: KubernetesClient, _ bots: [BotInfo]
    ) async throws {
        let labels = [
            Labels.component: Labels.bindingComponent, Labels.managedBy: Labels.managedByValue, Labels.gateway: "main",
        ]
        for bot in bots {
            let metadata = ObjectMeta(
                name: BotID(number: bot.id).bindingName, namespace: settings.gateway.namespace, labels: labels)
            _ = try await client.create(Secret(metadata: metadata, data: rig.polled(bot).secretData))
        }
        let first = try RunningGateway(settings, client: client, http: rig.http)
        let firstMetrics = PollingMetrics(first.registry)
        try await eventually("the first polls all") { firstMetrics.bots.value() == 6 }
        let written = Locked(0)
        let writer = Task {
            while !Task.isCancelled {
                let number = written.withLock {
                    $0 += 1; return $0
                }
                let bot = bots[number % bots.count]
                try rig.simulator.write(MessageSpec(bot: bot.id, user: 1, text: "\(number)"))
                try? await Task.sleep(for: .milliseconds(10))
            }
        }
        let second = try RunningGateway(settings, client: client, http: rig.http)
        let secondMetrics = PollingMetrics(second.registry)
        try await eventually("they share") {
            firstMetrics.bots.value() + secondMetrics.bots.value() == 6 && secondMetrics.bots.value() >= 2
                && firstMetrics.bots.value() >= 2
        }
        try await Task.sleep(for: .milliseconds(300))
        try await first.stop()
        try await eventually("the second polls all") { secondMetrics.bots.value() == 6 }
        writer.cancel()
        try await writer.value
        let count = written.withLock { $0 }
        let records = try await rig.records(bots.map { BotID(number: $0.id).incomingTopic }, count: count)
        let texts = try records.map { try Polled($0).text }
        #expect(texts.count == count && Set(texts).count == count)
        for metrics in [firstMetrics, secondMetrics] { #expect(metrics.polls.value(["other_poller"]) == 0) }
        // Nothing is left of it: no bot, no session.
        for bot in bots {
            try await client.delete(
                Secret.self,
                ObjectKey(namespace: settings.gateway.namespace, name: BotID(number: bot.id).bindingName))
        }
        let options = ListOptions(labelSelector: "\(Labels.component)=\(Labels.pollingComponent)")
        try await eventually("no replica takes part") {
            let leases = try await client.listAll(Lease.self, namespace: settings.gateway.namespace, options: options)
            return !leases.items.contains { $0.metadata.name?.hasPrefix("main-polling-replica-") == true }
                && secondMetrics.bots.value() == 0 && secondMetrics.shards.value() == 0
        }
        try await second.stop()
    }
}

/// An update on a topic.
private struct Polled {
    let id: Int64
    let chat: Int64
    let text: String

    private struct Update: Decodable {
        struct Message: Decodable {
            struct Chat: Decodable { let id: Int64 }
            let chat: Chat
            let text: String?
        }
        let update_id: Int64
        let message: Message
    }

    init(_ record: KafkaMessage) throws {
        let update = try JSONDecoder().decode(
            IncomingEnvelope.Decoded<Update>.self, from: Data(record.value ?? [])
        ).update
        (id, chat, text) = (update.update_id, update.message.chat.id, update.message.text ?? "")
    }
}

extension GatewayRig {
    fileprivate func key(_ bot: BotInfo) -> ObjectKey {
        ObjectKey(namespace: "tgs", name: BotID(number: bot.id).bindingName)
    }

    fileprivate func polled(_ bot: BotInfo) -> Binding {
        var binding = binding(bot)
        binding.polling = .init()
        return binding
    }

    /// What the operator would do by a Secret.
    fileprivate func poll(_ bot: BotInfo, by gateway: RunningGateway) {
        gateway.gateway.directory.upsert(key(bot), polled(bot))
    }
}
