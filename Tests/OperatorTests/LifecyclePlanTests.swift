import Foundation
import KafkaClient
import PlatformAPI
import TelegramBotAPI
import Testing

@testable import Operator

@Suite struct IdentityPlanTests {
    private let bot = BotID(number: 42)

    @Test func theSameBotStays() {
        #expect(IdentityPlan.decide(token: bot, pinned: nil, known: nil) == .keep)
        #expect(IdentityPlan.decide(token: bot, pinned: nil, known: "bot_42") == .keep)
        #expect(IdentityPlan.decide(token: bot, pinned: "bot_42", known: "bot_42") == .keep)
        #expect(IdentityPlan.decide(token: bot, pinned: "bot_42", known: nil) == .keep)
    }

    @Test func anotherBotIsRefusedUnlessTheOwnerSaysSo() {
        guard case .refuse(let why) = IdentityPlan.decide(token: bot, pinned: nil, known: "bot_7") else {
            Issue.record("a token of another bot was taken")
            return
        }
        #expect(why.contains("bot_42") && why.contains("bot_7") && why.contains("spec.botID: bot_42"))
        #expect(
            IdentityPlan.decide(token: bot, pinned: "bot_42", known: "bot_7") == .change(from: BotID(number: 7)))
        guard case .refuse = IdentityPlan.decide(token: bot, pinned: "bot_7", known: "bot_7") else {
            Issue.record("a token of another bot than spec.botID was taken")
            return
        }
    }
}

@Suite struct WebhookSecretsTests {
    private let secrets = WebhookSecrets(values: ["one"], tokenFingerprint: "t1", request: "", since: 1000)

    private func step(
        _ secrets: WebhookSecrets, token: String = "t1", request: String = "", isTold: Bool = true, now: Int64 = 2000
    ) -> WebhookSecrets.Step {
        secrets.step(tokenFingerprint: token, request: request, isTold: isTold, now: now, overlap: 300)
    }

    @Test func aNewTokenAndARequestExchangeTheSecret() {
        #expect(step(secrets) == .keep)
        #expect(step(secrets, token: "t2") == .exchange)
        #expect(step(secrets, request: "today") == .exchange)
        let next = secrets.after(.exchange, tokenFingerprint: "t2", request: "today", now: 2000) { "two" }
        #expect(
            next == WebhookSecrets(values: ["two", "one"], tokenFingerprint: "t2", request: "today", since: 2000))
        #expect(step(next, token: "t2", request: "today", now: 2001) == .keep)
    }

    @Test func theOldOneGoesWhenTelegramHasTheNewOneForLongEnough() {
        let both = WebhookSecrets(values: ["two", "one"], tokenFingerprint: "t1", request: "", since: 2000)
        #expect(step(both, now: 2299) == .keep)
        #expect(step(both, isTold: false, now: 9999) == .keep)
        #expect(step(both, now: 2300) == .retire)
        let after = both.after(.retire, tokenFingerprint: "t1", request: "", now: 2300) { "unused" }
        #expect(after == WebhookSecrets(values: ["two"], tokenFingerprint: "t1", request: "", since: 2000))
    }

    /// Two exchanges within the overlap: what Telegram uses must be among those taken.
    @Test func theOneBeforeIsTakenThroughASecondExchange() {
        let both = WebhookSecrets(values: ["two", "one"], tokenFingerprint: "t1", request: "", since: 2000)
        let next = both.after(.exchange, tokenFingerprint: "t2", request: "", now: 2010) { "three" }
        #expect(next.values == ["three", "two"])
    }

    @Test func whatAnOlderOperatorWroteIsKept() {
        let old = WebhookSecrets(values: ["one"], tokenFingerprint: nil, request: nil, since: 0)
        #expect(step(old, token: "t9") == .keep)
        #expect(step(old, request: "today") == .keep)
    }
}

@Suite struct WebhookPlanTests {
    private let wish = WebhookWish(Samples.context(), secret: "s")

    private func info(_ url: String, maxConnections: Int = 20) throws -> WebhookInfo {
        try JSONDecoder().decode(
            WebhookInfo.self,
            from: Data(
                """
                {"url":"\(url)","pending_update_count":0,"has_custom_certificate":false,
                 "max_connections":\(maxConnections),"allowed_updates":["message","callback_query"]}
                """.utf8))
    }

    private func decide(
        told: String?, hash: String? = nil, has url: String, maxConnections: Int = 20,
        _ adoption: TelegramBotSpec.WebhookAdoption = .ifUnowned, drift: TelegramBotSpec.DriftPolicy = .repair,
        ours: Bool = false
    ) throws -> WebhookPlan {
        WebhookPlan.decide(
            wish, told: told.map { TelegramBotStatus.Webhook(url: $0, appliedHash: hash ?? wish.hash) },
            info: try info(url, maxConnections: maxConnections), adoption: adoption, drift: drift,
            isOurs: { _ in ours })
    }

    @Test func whatIsRightIsKept() throws {
        #expect(try decide(told: wish.url, has: wish.url) == .keep)
    }

    @Test func aNewBotIsSetWhereThereIsNoWebhook() throws {
        for adoption in TelegramBotSpec.WebhookAdoption.allCases {
            #expect(try decide(told: nil, has: "", adoption) == .set)
            #expect(try decide(told: nil, has: wish.url, adoption) == .set)
        }
    }

    @Test func aWebhookOfSomebodyElseIsTakenOnlyWhenAllowed() throws {
        #expect(try decide(told: nil, has: "https://other/hook", .never) == .refuse)
        #expect(try decide(told: nil, has: "https://other/hook", .ifUnowned) == .refuse)
        #expect(try decide(told: nil, has: "https://other/hook", .ifUnowned, ours: true) == .set)
        #expect(try decide(told: nil, has: "https://other/hook", .never, ours: true) == .refuse)
        #expect(try decide(told: nil, has: "https://other/hook", .always) == .set)
    }

    @Test func aWebhookThatWasTakenAwayIsDrift() throws {
        #expect(try decide(told: wish.url, has: "https://other/hook") == .repair)
        #expect(try decide(told: wish.url, has: "https://other/hook", drift: .report) == .report)
        #expect(try decide(told: wish.url, has: "https://other/hook", .never) == .refuse)
        #expect(try decide(told: wish.url, has: "") == .repair)
        #expect(try decide(told: wish.url, has: wish.url, maxConnections: 7, drift: .report) == .report)
    }

    @Test func aChangedWishIsSetOverTheFormerOne() throws {
        #expect(try decide(told: "https://former/hook", has: "https://former/hook", .never) == .set)
        #expect(try decide(told: wish.url, hash: "former", has: wish.url, drift: .report) == .set)
    }
}

@Suite struct PollingPlanTests {
    private let own = WebhookWish(Samples.context(), secret: "s").url
    private static let polled = TelegramBotStatus.Webhook(appliedHash: PollingPlan.appliedHash)

    private func decide(
        told: TelegramBotStatus.Webhook?, has url: String, _ adoption: TelegramBotSpec.WebhookAdoption = .ifUnowned,
        drift: TelegramBotSpec.DriftPolicy = .repair, ours: Bool = false
    ) throws -> PollingPlan {
        let text = #"{"url":"\#(url)","pending_update_count":0,"has_custom_certificate":false}"#
        return PollingPlan.decide(
            own: own, told: told, info: try JSONDecoder().decode(WebhookInfo.self, from: Data(text.utf8)),
            adoption: adoption, drift: drift, isOurs: { _ in ours })
    }

    @Test func theBotsOwnWebhookIsTakenAway() throws {
        let former = "https://former/hook"
        for adoption in TelegramBotSpec.WebhookAdoption.allCases {
            #expect(try decide(told: nil, has: "", adoption) == .keep)
            #expect(try decide(told: nil, has: own, adoption) == .remove)
            #expect(try decide(told: .init(url: own, appliedHash: "h"), has: own, adoption) == .remove)
            #expect(try decide(told: .init(url: former, appliedHash: "h"), has: former, adoption) == .remove)
        }
    }

    @Test func thatOfSomebodyElseOnlyWhenAllowed() throws {
        let other = "https://other/hook"
        #expect(try decide(told: nil, has: other, .never) == .refuse)
        #expect(try decide(told: nil, has: other) == .refuse)
        #expect(try decide(told: nil, has: other, ours: true) == .remove)
        #expect(try decide(told: .init(url: own, appliedHash: "h"), has: other) == .remove)
        #expect(try decide(told: nil, has: other, .always) == .remove)
    }

    @Test func oneThatIsSetByHandIsDrift() throws {
        #expect(try decide(told: Self.polled, has: "") == .keep)
        #expect(try decide(told: Self.polled, has: "https://other/hook") == .repair)
        #expect(try decide(told: Self.polled, has: own) == .repair)
        #expect(try decide(told: Self.polled, has: "https://other/hook", drift: .report) == .report)
        #expect(try decide(told: Self.polled, has: "https://other/hook", .never) == .refuse)
        #expect(try decide(told: Self.polled, has: "https://other/hook", .always, drift: .report) == .report)
    }

    /// The other way round: a bot that was polled has been of the platform as one with a webhook has.
    @Test func aBotThatWasPolledGetsItsWebhook() throws {
        let wish = WebhookWish(Samples.context(), secret: "s")
        for (url, plan) in [("", WebhookPlan.set), ("https://other/hook", .set)] {
            let text = #"{"url":"\#(url)","pending_update_count":0,"has_custom_certificate":false}"#
            let info = try JSONDecoder().decode(WebhookInfo.self, from: Data(text.utf8))
            let decided = WebhookPlan.decide(
                wish, told: Self.polled, info: info, adoption: .ifUnowned, drift: .repair, isOurs: { _ in false })
            #expect(decided == plan)
        }
    }

    @Test func theBindingSaysThatTheGatewayAsks() throws {
        let secrets = Samples.secrets(["s"])
        func binding(_ change: (inout TelegramBot) -> Void) throws -> Binding {
            try Binding(BindingManifest.secret(Samples.context(Samples.bot(change)), secrets))
        }
        #expect(try binding { _ in }.polling == nil)
        #expect(
            try binding { $0.spec.updates?.mode = .polling }.polling?.allowedUpdates == ["message", "callback_query"])
        #expect(try binding { $0.spec.updates = .init(mode: .polling) }.polling?.allowedUpdates == [])
        #expect(
            try binding {
                $0.spec.updates = .init(mode: .polling); $0.spec.suspend = .buffer
            }.isPolled)
        for suspension in [TelegramBotSpec.Suspension.refuse, .off] {
            #expect(
                try !binding {
                    $0.spec.updates = .init(mode: .polling); $0.spec.suspend = suspension
                }.isPolled)
        }
    }

    /// Nobody waits for Telegram to be told a secret that it does not use.
    @Test func aFormerSecretIsRetiredAlthoughTelegramIsNotTold() {
        let both = WebhookSecrets(values: ["two", "one"], tokenFingerprint: nil, request: nil, since: 0)
        let polled = Samples.context(Samples.bot { $0.spec.updates?.mode = .polling })
        #expect(both.step(Samples.context(), told: nil, now: 9999, overlap: .seconds(300)) == .keep)
        #expect(both.step(polled, told: nil, now: 9999, overlap: .seconds(300)) == .retire)
        #expect(both.step(polled, told: nil, now: 299, overlap: .seconds(300)) == .keep)
    }
}

@Suite struct TopicConfigPlanTests {
    private func entry(_ value: String, isDefault: Bool = false) -> TopicConfigurationEntry {
        TopicConfigurationEntry(value: value, isDefault: isDefault, isReadOnly: false)
    }

    @Test func whatDiffersIsSetAndWhatIsNoLongerWantedIsTakenOff() {
        let changes = TopicConfigPlan.changes(
            wanted: ["retention.ms": "5", "segment.ms": "7"],
            managed: ["retention.ms", "cleanup.policy", "min.insync.replicas"],
            present: [
                "retention.ms": entry("9"), "segment.ms": entry("7"), "cleanup.policy": entry("compact"),
                "min.insync.replicas": entry("1", isDefault: true), "max.message.bytes": entry("3"),
            ])
        #expect(changes == ["retention.ms": "5", "cleanup.policy": nil])
    }
}
