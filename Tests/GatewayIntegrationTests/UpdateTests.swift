import Foundation
import Gateway
import HTTPClient
import HTTPTypes
import JSON
import KafkaClient
import Observability
import PlatformAPI
import Simulator
import TestRig
import Testing

/// An update that is posted, and where it has to get to.
private struct Posted: Sendable {
    let name: String
    let bytes: [UInt8]
    let number: Int64
    let key: Int64

    /// A sample, as compact as Telegram writes it, and with white space wherever JSON has room for it.
    static func samples(_ index: Int) -> [Posted] {
        let sample = UpdateSample.all[index]
        return [false, true].map { isSpaced in
            let number = Int64(1000 + 2 * index + (isSpaced ? 1 : 0))
            let json = sample.json(updateID: number)
            return Posted(
                name: "\(sample)\(isSpaced ? ", spaced" : "")", bytes: isSpaced ? spaced(json) : json, number: number,
                key: sample.chatID ?? sample.userID ?? number)
        }
    }

    private static func spaced(_ json: [UInt8]) -> [UInt8] {
        var isText = false
        var isEscaped = false
        var result = Array("\r\n".utf8)
        for byte in json {
            if !isText, byte == UInt8(ascii: ":") || byte == UInt8(ascii: "}") { result.append(UInt8(ascii: " ")) }
            result.append(byte)
            if isEscaped {
                isEscaped = false
            } else if isText, byte == UInt8(ascii: "\\") {
                isEscaped = true
            } else if byte == UInt8(ascii: "\"") {
                isText.toggle()
            } else if !isText, "{,:".utf8.contains(byte) {
                result += Array("\n\t".utf8)
            }
        }
        return result + Array(" \n".utf8)
    }

    /// A captured update, read by another reader than the gateway's.
    init(name: String, captured bytes: [UInt8]) throws {
        let update = try JSONDecoder().decode(JSONValue.self, from: Data(bytes))
        let number = try #require(update["update_id"]?.intValue, "\(name)")
        let content = try #require(update.objectValue?.first { $0.key != "update_id" }?.value, "\(name)")
        let chat = content["chat"] ?? content["message"]?["chat"] ?? content["voter_chat"]
        let user = content["from"] ?? content["user"] ?? content["boost"]?["source"]?["user"]
        self.init(
            name: name, bytes: bytes, number: number,
            key: chat?["id"]?.intValue ?? content["user_chat_id"]?.intValue ?? user?["id"]?.intValue ?? number)
    }

    private init(name: String, bytes: [UInt8], number: Int64, key: Int64) {
        (self.name, self.bytes, self.number, self.key) = (name, bytes, number, key)
    }
}

extension GatewayIntegrationTests {
    /// Every kind of update, as compact and as spacious as JSON may be, and those that somebody has captured.
    @Test func updatesOfEveryKindPassByteForByte() async throws {
        let captured = try UpdateSample.captured.map { try Posted(name: $0.name, captured: $0.bytes) }
        if let folder = UpdateSample.capturedFolder {
            #expect(!captured.isEmpty, "TGS_UPDATE_SAMPLES names a folder without updates: \(folder)")
        }
        // Updates with one number are one update to a bot, so each of those goes to another bot.
        var bots: [[Posted]] = [UpdateSample.all.indices.flatMap(Posted.samples)]
        for (_, alike) in Dictionary(grouping: captured, by: \.number) {
            for (index, update) in alike.enumerated() {
                if bots.count < index + 2 { bots.append([]) }
                bots[index + 1].append(update)
            }
        }
        let all = bots
        try await GatewayRig.run(bots: all.count) { rig, gateway, infos in
            for (info, updates) in zip(infos, all) {
                for update in updates {
                    let status = try await rig.post(gateway, "bot_\(info.id)", update.bytes).status
                    #expect(status == .ok, "\(update.name)")
                }
            }
            let count = all.reduce(0) { $0 + $1.count }
            let records = try await rig.records(infos.map { BotID(number: $0.id).incomingTopic }, count: count)
            #expect(records.count == count)
            let found = Dictionary(grouping: records) { record in
                "\(record.topic) \(record.text(of: IncomingEnvelope.Header.updateID))"
            }
            for (info, updates) in zip(infos, all) {
                for update in updates {
                    let topic = BotID(number: info.id).incomingTopic
                    let mine = found["\(topic) \(update.number)"] ?? []
                    let record = try #require(mine.first, "\(update.name)")
                    #expect(mine.count == 1, "\(update.name)")
                    let value = Array(#"{"bot_id":"bot_\#(info.id)","update":"#.utf8) + update.bytes + Array("}".utf8)
                    #expect(record.value == value, "\(update.name)")
                    #expect(String(decoding: record.key ?? [], as: UTF8.self) == "\(update.key)", "\(update.name)")
                }
            }
            #expect(gateway.metrics.webhooks.value(["accepted"]) == Double(count))
            #expect(gateway.metrics.webhooks.value(["not_an_update"]) == 0)
        }
    }
}

extension KafkaMessage {
    /// A header as text; empty when it is not there.
    fileprivate func text(of header: String) -> String {
        String(decoding: headers.first { $0.0 == header }?.1 ?? [], as: UTF8.self)
    }
}
