import FoundationEssentials
import JSON
import KafkaClient
import KubernetesTypes
import PlatformAPI
import TelegramBotAPI

@testable import Gateway

private let botID = BotID(number: 42)
private let binding = Binding(botID: botID, owner: "a/b", token: "42:token", webhookSecrets: ["secret"])

/// A record of an outgoing topic.
private func checkOutgoing(_ bytes: [UInt8]) {
    var item = OutgoingItem(
        KafkaMessage(topic: binding.outgoingTopic, partition: 0, offset: 7, key: nil, value: bytes, timestamp: -1))
    require(item.value == bytes, "the record's value was not kept")
    let problem = item.problem(for: binding)
    guard let envelope = item.envelope else {
        require(problem?.reason == "malformed" && item.method.isEmpty, "no call, but \(item.method)")
        require(item.order == .none(7), "no call, but ordered by \(item.order)")
        return
    }
    require(problem?.reason != "malformed", "a call, but malformed")
    // The method becomes a part of the URL, behind the token.
    require(
        !item.method.isEmpty
            && item.method.utf8.allSatisfy {
                (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0)
            },
        "method \(item.method)")
    if let token = envelope.botToken, token != "42", !token.hasPrefix("42:") {
        require(problem != nil, "another bot's token was taken")
    }
    if ["setwebhook", "getupdates", "logout"].contains(item.method.lowercased()) {
        require(problem != nil, "\(item.method) was taken")
    }
    guard let text = try? JSONEncoder().encode(envelope), let again = decoded(OutgoingEnvelope.self, Array(text)) else {
        return require(false, "a call cannot be written again")
    }
    require(
        again.method == envelope.method && again.requestID == envelope.requestID && again.botToken == envelope.botToken
            && same(again.params, envelope.params),
        "a call is another one when written again")
    item.rewrite(chat: -1_001)
    require(item.order == .chat("-1001") && item.wasRewritten, "the chat was not replaced")
}

/// A record of an incoming topic: as it comes, and as the gateway makes it.
private func checkIncoming(_ bytes: [UInt8]) {
    // Foundation takes seconds for `JSONValue` of some hundred levels; workers read updates into types of their own.
    guard OutgoingEnvelope.isShallow(bytes) else { return }
    _ = decoded(IncomingEnvelope.Decoded<JSONValue>.self, bytes)
    guard (try? UpdateFields.scan(bytes)) != nil, let update = decoded(JSONValue.self, bytes) else { return }
    let value = IncomingEnvelope.encode(botID: botID, update: bytes)
    let envelope = decoded(IncomingEnvelope.Decoded<JSONValue>.self, value)
    require(envelope?.botID == "bot_42" && same(envelope?.update, update), "the envelope holds another update")
}

private func checkDeadLetter(_ bytes: [UInt8]) {
    let text = String(decoding: bytes, as: UTF8.self)
    var letters = [
        DeadLetter(
            direction: "outgoing", botID: botID, reason: "forbidden", description: text, errorCode: 403, method: text,
            requestID: text, attempts: bytes.count, failedAt: "2024-01-01T00:00:00Z", record: Data(bytes))
    ]
    letters += decoded(DeadLetter.self, bytes).map { [$0] } ?? []
    for letter in letters {
        guard let written = try? JSONEncoder().encode(letter) else {
            return require(false, "a dead letter cannot be written")
        }
        require(decoded(DeadLetter.self, Array(written)) == letter, "a dead letter is another one when read back")
    }
}

/// A binding's Secret whose values are the text's parts between bytes of 0.
private func checkBinding(_ bytes: [UInt8]) {
    let names = [
        "bot_id", "owner", "token", "webhook_secrets", "incoming_topic", "outgoing_topic", "dead_letter_topic",
        "intake",
    ]
    let parts = bytes.split(separator: 0, omittingEmptySubsequences: false)
    let data = Dictionary(uniqueKeysWithValues: zip(names, parts.map { Data($0) }))
    func read(_ data: [String: Data]) -> Binding? {
        do throws(BindingError) {
            return try Binding(Secret(metadata: ObjectMeta(name: "binding", namespace: "tgs"), data: data))
        } catch {
            require(names.contains(error.key), "an error about \(error.key)")
            return nil
        }
    }
    guard let binding = read(data) else { return }
    require(!binding.token.isEmpty && !binding.incomingTopic.isEmpty, "an empty binding was taken")
    guard !binding.webhookSecrets.isEmpty else { return }
    require(read(binding.secretData) == binding, "a binding is another one when read back")
}

@_cdecl("LLVMFuzzerTestOneInput")
func fuzz(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    let bytes = Array(UnsafeBufferPointer(start: bytes, count: count))
    checkOutgoing(bytes)
    checkIncoming(bytes)
    checkDeadLetter(bytes)
    checkBinding(bytes)
    if let woken = WakeSignal.decode(bytes) {
        require(WakeSignal.encode(woken) == bytes, "a wake signal for \(woken)")
    }
    return 0
}
