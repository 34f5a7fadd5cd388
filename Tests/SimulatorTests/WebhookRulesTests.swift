@testable import Simulator
import JSON
import Testing

/// `setWebhook` and its kin: rules and exact texts.
@Suite struct WebhookRulesTests {
    private let strict = WorldSettings(allowInsecureWebhooks: false)

    @Test(arguments: [
        ("http://example.com/hook", "bad webhook: An HTTPS URL must be provided for webhook"),
        ("https://example.com:8080/hook", "bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443"),
        ("ftp://example.com", "invalid webhook URL specified"),
        ("https://", "invalid webhook URL specified"),
        ("https://exa mple.com/", "invalid webhook URL specified"),
        ("https://example.com:port/", "invalid webhook URL specified"),
        ("https://example.com:0/", "invalid webhook URL specified"),
        ("https://10.1.2.3/hook", "bad webhook: IP address 10.1.2.3 is reserved"),
        ("https://127.0.0.1:8443/hook", "bad webhook: IP address 127.0.0.1 is reserved"),
        ("https://[2001:db8::1]/", "bad webhook: IPv6-only addresses are not allowed"),
    ])
    func refusedURLs(_ url: String, _ text: String) throws {
        let rig = try WorldRig(strict)
        let reply = rig.call("setWebhook", ["url": .string(url)], addresses: .found(["93.184.215.14"]))
        #expect(reply?.status == 400)
        #expect(reply?.text == "Bad Request: \(text)")
        #expect(rig.world.bots[rig.bot.id]?.engine.webhook == nil)
    }

    @Test func namesAreResolved() throws {
        let rig = try WorldRig(strict)
        let url: [String: JSONValue] = ["url": "https://example.com/hook"]
        #expect(
            rig.call("setWebhook", url, addresses: .failed("Name or service not known"))?.text
                == "Bad Request: bad webhook: Failed to resolve host: Name or service not known")
        rig.advance(.seconds(1))
        #expect(
            rig.call("setWebhook", url, addresses: .found(["192.168.1.1"]))?.text
                == "Bad Request: bad webhook: IP address 192.168.1.1 is reserved")
        rig.advance(.seconds(1))
        #expect(rig.call("setWebhook", url, addresses: .found(["93.184.215.14"]))?.text == "Webhook was set")
        #expect(rig.call("getWebhookInfo")?.result["ip_address"]?.stringValue == "93.184.215.14")
    }

    @Test(arguments: [
        ("127.0.0.1", true), ("10.255.0.1", true), ("172.16.0.1", true), ("172.32.0.1", false), ("192.168.0.1", true),
        ("169.254.1.1", true), ("100.64.0.1", true), ("100.128.0.1", false), ("8.8.8.8", false), ("0.0.0.0", true),
        ("224.0.0.1", true), ("255.255.255.255", true), ("not an address", true), ("192.0.2.7", true),
        ("198.51.100.7", true), ("203.0.113.7", true), ("149.154.167.40", false),
    ])
    func reservedAddresses(_ address: String, _ reserved: Bool) {
        #expect(WebhookURL.isReserved(address) == reserved)
    }

    @Test func relaxedTakesLocalTargets() throws {
        let rig = try WorldRig()
        #expect(rig.call("setWebhook", ["url": "http://127.0.0.1:41234/webhook/bot_4200"])?.text == "Webhook was set")
        let info = try #require(rig.call("getWebhookInfo")).result
        #expect(info["url"]?.stringValue == "http://127.0.0.1:41234/webhook/bot_4200")
        #expect(info["max_connections"]?.intValue == 40)
        #expect(info["has_custom_certificate"]?.boolValue == false)
    }

    @Test(arguments: [
        (String(repeating: "a", count: 257), "secret token is too long"),
        ("with space", "secret token contains unallowed characters"),
        ("ümlaut", "secret token contains unallowed characters"),
    ])
    func refusedSecrets(_ secret: String, _ text: String) throws {
        let rig = try WorldRig()
        #expect(rig.setWebhook(["secret_token": .string(secret)])?.text == "Bad Request: \(text)")
    }

    @Test func aLongSecretIsTaken() throws {
        let rig = try WorldRig()
        #expect(
            rig.setWebhook(["secret_token": .string(String(repeating: "aZ_-", count: 64))])?.text == "Webhook was set")
    }

    @Test func textsOfSettingTwice() throws {
        let rig = try WorldRig()
        #expect(rig.call("deleteWebhook")?.text == "Webhook is already deleted")
        #expect(rig.setWebhook()?.text == "Webhook was set")
        #expect(rig.setWebhook()?.text == "Webhook is already set")
        #expect(rig.setWebhook(["secret_token": "x"])?.text == "Webhook was set")
        #expect(rig.setWebhook(["secret_token": "x", "drop_pending_updates": true])?.text == "Webhook was set")
        #expect(rig.setWebhook(["url": ""])?.text == "Webhook was deleted")
        #expect(rig.call("deleteWebhook")?.result == true)
    }

    @Test func againWithinASecondIsTooMany() throws {
        let rig = try WorldRig()
        #expect(rig.setWebhook()?.status == 200)
        let again = try #require(rig.call("setWebhook", ["url": "http://127.0.0.1:9/hook"]))
        #expect(again.status == 429 && again.retryAfter == 1)
        #expect(again.text == "Too Many Requests: retry after 1")
        #expect(again.json["parameters"]?["retry_after"]?.intValue == 1)
        #expect(rig.call("deleteWebhook")?.status == 200, "deleting is not counted")
    }

    @Test func connectionsAreClamped() throws {
        for (asked, got) in [(JSONValue.int(0), 40), (250, 100), (1, 1), ("7", 7)] as [(JSONValue, Int)] {
            let rig = try WorldRig(strict)
            rig.call(
                "setWebhook", ["url": "https://example.com", "max_connections": asked],
                addresses: .found(["93.184.215.14"]))
            #expect(rig.world.bots[rig.bot.id]?.engine.webhook?.maxConnections == got)
        }
    }

    @Test func allowedUpdatesStayUntilChanged() throws {
        let rig = try WorldRig()
        _ = rig.setWebhook(["allowed_updates": ["message", "chat_member", "nonsense"]])
        func allowed() -> JSONValue? { rig.call("getWebhookInfo")?.result["allowed_updates"] }
        #expect(allowed() == ["message", "chat_member"])
        _ = rig.setWebhook()
        #expect(allowed() == ["message", "chat_member"])
        rig.call("deleteWebhook")
        #expect(allowed() == ["message", "chat_member"])
        rig.call("getUpdates", ["allowed_updates": "[\"poll\"]"])
        #expect(allowed() == ["poll"])
        _ = rig.setWebhook(["allowed_updates": []])
        #expect(allowed() == nil, "the default is not shown")
    }

    @Test func unwantedKindsAreNotKept() throws {
        let rig = try WorldRig()
        rig.drain()
        _ = rig.setWebhook(["allowed_updates": ["callback_query"]])
        try rig.write("hello", from: 11)
        #expect(rig.deliveries().isEmpty)
        #expect(try rig.world.state(of: rig.bot.id).updates.unwanted == 1)
        let reaction = #"{"update_id":1,"message_reaction":{"chat":{"id":11},"user":{"id":11}}}"#
        let plain = try WorldRig()
        let receipt = try plain.world.inject(
            Array(reaction.utf8), bot: plain.bot.id, keepsID: false, plain.now, &plain.actions)
        #expect(receipt.updateID == nil, "reactions come only when asked for")
    }

    @Test func dropPendingUpdates() throws {
        let rig = try WorldRig()
        try rig.write("x", from: 11)
        #expect(rig.call("getWebhookInfo")?.result["pending_update_count"]?.intValue == 2)
        rig.call("deleteWebhook", ["drop_pending_updates": "True"])
        #expect(rig.call("getWebhookInfo")?.result["pending_update_count"]?.intValue == 0)
    }

    @Test func theLastErrorIsShown() throws {
        let rig = try WorldRig()
        _ = rig.setWebhook()
        let attempt = try #require(rig.deliveries().first)
        rig.finish(attempt, .refused)
        let info = try #require(rig.call("getWebhookInfo")).result
        #expect(
            info["last_error_message"]?.stringValue == "Wrong response from the webhook: 500 Internal Server Error")
        #expect(info["last_error_date"]?.intValue == rig.now.unixTime)
        #expect(info["pending_update_count"]?.intValue == 1)
    }

    @Test func largeCertificatesAreRefused() throws {
        let rig = try WorldRig()
        let file = UploadedFile(name: "c.pem", contentType: "", bytes: [UInt8](repeating: 1, count: (3 << 20) + 1))
        let reply = rig.call("setWebhook", ["url": "http://127.0.0.1:9/"], files: ["certificate": file])
        #expect(reply?.text == "Bad Request: certificate size is too big (3145729 bytes)")
    }
}
