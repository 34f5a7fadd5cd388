import Foundation
import KubernetesTypes
import Testing

@testable import PlatformAPI

@Suite struct BindingTests {
    private static let binding = Binding(
        botID: BotID(number: 42), owner: "bots/echo", token: "42:token-of-the-bot", webhookSecrets: ["new", "old"])

    private func secret(_ data: [String: Data]) -> Secret {
        Secret(metadata: ObjectMeta(name: "binding-bot-42", namespace: "tgs"), data: data)
    }

    @Test func bindingReadsBack() throws {
        let data = Self.binding.secretData
        #expect(try Binding(secret(data)) == Self.binding)
        #expect(data["webhook_secrets"] == Data("new\nold".utf8))
        #expect(data["incoming_topic"] == Data("bot_42_incoming".utf8))
    }

    /// An older operator's bindings say nothing of the intake.
    @Test func updatesAreTakenUnlessItSaysOtherwise() throws {
        var data = Self.binding.secretData
        data["intake"] = nil
        #expect(try Binding(secret(data)).intake == .accept)
        data["intake"] = Data("refuse".utf8)
        #expect(try Binding(secret(data)).intake == .refuse)
        data["intake"] = Data("perhaps".utf8)
        #expect {
            try Binding(secret(data))
        } throws: { ($0 as? BindingError)?.key == "intake" }
    }

    /// An older operator's bindings say nothing of it, and a newer one's leave the default out.
    @Test func updatesAreAcknowledgedWhenTheyAreSafeUnlessItSaysOtherwise() throws {
        var data = Self.binding.secretData
        #expect(data["acknowledge"] == nil)
        #expect(try Binding(secret(data)).acknowledge == .whenDurable)
        var fast = Self.binding
        fast.acknowledge = .always
        data = fast.secretData
        #expect(data["acknowledge"] == Data("Always".utf8))
        #expect(try Binding(secret(data)) == fast)
        data["acknowledge"] = Data("sometimes".utf8)
        #expect {
            try Binding(secret(data))
        } throws: { ($0 as? BindingError)?.key == "acknowledge" }
    }

    /// Bindings of an older operator, and of gateways without a proxy, have none.
    @Test func anAliasIsReadBackWhereThereIsOne() throws {
        #expect(Self.binding.secretData["alias_token"] == nil)
        var binding = Self.binding
        binding.aliasToken = "42:alias"
        #expect(try Binding(secret(binding.secretData)) == binding)
        #expect(binding.secretData["alias_token"] == Data("42:alias".utf8))
    }

    /// An older operator's bindings say nothing of polling, and a bot with a webhook has the same as ever.
    @Test func pollingIsSaidByKeysOfItsOwn() throws {
        #expect(Self.binding.secretData["update_mode"] == nil && Self.binding.secretData["allowed_updates"] == nil)
        #expect(try Binding(secret(Self.binding.secretData)).polling == nil)
        var polled = Self.binding
        for kinds in [[], ["message"], ["message", "chat_member"]] {
            polled.polling = .init(allowedUpdates: kinds)
            #expect(try Binding(secret(polled.secretData)) == polled)
        }
        #expect(polled.isPolled && !Self.binding.isPolled)
        polled.intake = .refuse
        #expect(!polled.isPolled)
        var data = polled.secretData
        data["update_mode"] = Data("pigeons".utf8)
        #expect {
            try Binding(secret(data))
        } throws: { ($0 as? BindingError)?.key == "update_mode" }
    }

    @Test(arguments: binding.secretData.keys.sorted().filter { $0 != "intake" })
    func whatIsMissingIsNamedWithoutTheValues(key: String) {
        for value in [nil, Data(), Data([0xff])] {
            var data = Self.binding.secretData
            data[key] = value
            #expect {
                try Binding(secret(data))
            } throws: { error in
                "\(error)".contains("tgs/binding-bot-42") && "\(error)".contains("\"\(key)\"")
                    && !"\(error)".contains("token-of-the-bot")
            }
        }
    }

    @Test func aMalformedBotIDIsNamed() {
        var data = Self.binding.secretData
        data["bot_id"] = Data("42".utf8)
        #expect {
            try Binding(secret(data))
        } throws: { ($0 as? BindingError)?.key == "bot_id" }
    }
}
