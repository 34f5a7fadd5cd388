import Concurrency
import Gateway
import KubernetesTypes
import PlatformAPI
import Testing

@Suite struct BindingDirectoryTests {
    private let directory = BindingDirectory()

    private func key(_ name: String) -> ObjectKey { ObjectKey(namespace: "tgs", name: name) }

    private func binding(_ number: Int64, token: String = "t") -> Binding {
        Binding(botID: BotID(number: number), owner: "a/b", token: "\(number):\(token)", webhookSecrets: ["s"])
    }

    @Test func findsByBotAndByTopic() {
        #expect(directory.upsert(key("a"), binding(1)))
        #expect(directory.upsert(key("b"), binding(2)))
        #expect(directory.count == 2)
        #expect(directory.binding(BotID(number: 1)) == binding(1))
        #expect(directory.binding(outgoingTopic: "bot_2_outgoing") == binding(2))
        #expect(directory.outgoingTopics == ["bot_1_outgoing", "bot_2_outgoing"])
        directory.remove(key("a"))
        #expect(directory.binding(BotID(number: 1)) == nil)
        #expect(directory.outgoingTopics == ["bot_2_outgoing"])
    }

    @Test func aSecretThatChangesItsBotForgetsTheOldOne() {
        directory.upsert(key("a"), binding(1))
        directory.upsert(key("a"), binding(2))
        #expect(directory.count == 1)
        #expect(directory.binding(BotID(number: 1)) == nil)
        #expect(directory.binding(BotID(number: 2)) == binding(2))
    }

    @Test func aBotInTwoSecretsStaysUntilBothAreGone() {
        directory.upsert(key("a"), binding(1, token: "a"))
        directory.upsert(key("b"), binding(1, token: "b"))
        #expect(directory.binding(BotID(number: 1))?.token == "1:b")
        directory.remove(key("b"))
        #expect(directory.binding(BotID(number: 1))?.token == "1:a")
        directory.remove(key("a"))
        #expect(directory.count == 0)
    }

    @Test func tellsOfChangesOnly() {
        let changes = Locked(0)
        directory.observe { changes.withLock { $0 += 1 } }
        #expect(directory.upsert(key("a"), binding(1)))
        #expect(!directory.upsert(key("a"), binding(1)))
        #expect(directory.upsert(key("a"), binding(1, token: "new")))
        directory.remove(key("nobody"))
        directory.remove(key("a"))
        #expect(changes.withLock { $0 } == 3)
    }
}
