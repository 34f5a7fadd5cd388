@testable import Simulator
import JSON
import Testing

@Suite struct FaultTests {
    private func fault(_ change: (inout FaultSpec) -> Void) -> FaultSpec {
        var spec = FaultSpec()
        change(&spec)
        return spec
    }

    private let send: [String: JSONValue] = ["chat_id": 11, "text": "x"]

    @Test func tooManyRequestsForSoManyCalls() throws {
        let rig = try WorldRig()
        _ = try rig.world.faults.add(
            fault {
                $0.method = "SENDMESSAGE"; $0.errorCode = 429; $0.retryAfter = 35; $0.count = 2
            })
        for _ in 0..<2 {
            let reply = try #require(rig.call("sendMessage", send))
            #expect(reply.status == 429 && reply.retryAfter == 35)
            #expect(reply.text == "Too Many Requests: retry after 35")
        }
        #expect(rig.call("sendMessage", send)?.status == 200)
        #expect(rig.world.faults.faults.isEmpty)
    }

    @Test func onlyMatchingCallsSeeIt() throws {
        let rig = try WorldRig()
        try rig.write("/start", from: 12)
        _ = try rig.world.faults.add(
            fault {
                $0.chatID = 12; $0.bot = 4200; $0.errorCode = 500
            })
        #expect(rig.call("sendMessage", send)?.status == 200)
        #expect(rig.call("sendMessage", ["chat_id": 12, "text": "x"])?.text == "Internal Server Error")
        #expect(rig.call("getMe")?.status == 200)
    }

    @Test func cutsBeforeAndAfter() throws {
        let rig = try WorldRig()
        _ = try rig.world.faults.add(
            fault {
                $0.cut = .before; $0.count = 1
            })
        _ = try rig.world.faults.add(
            fault {
                $0.cut = .after; $0.count = 1
            })
        #expect(rig.call("sendMessage", send)?.isCut == true)
        #expect(rig.world.record.select(RecordFilter(), limit: 10).isEmpty)
        #expect(rig.call("sendMessage", send)?.isCut == true)
        #expect(rig.world.record.select(RecordFilter(), limit: 10).count == 1)
        #expect(rig.call("sendMessage", send)?.isCut == false)
    }

    @Test func slowAndProxyPages() throws {
        let rig = try WorldRig()
        let slow = try rig.world.faults.add(fault { $0.delayMilliseconds = 250 })
        #expect(rig.call("getMe")?.delay == .milliseconds(250))
        try rig.world.faults.remove(slow.id)
        _ = try rig.world.faults.add(
            fault {
                $0.errorCode = 502; $0.body = "<html>"
            })
        let page = try #require(rig.call("getMe"))
        #expect(page.status == 502 && page.contentType == "text/html" && page.body == Array("<html>".utf8))
    }

    @Test func probability() throws {
        let rig = try WorldRig()
        _ = try rig.world.faults.add(
            fault {
                $0.probability = 0.25; $0.errorCode = 500
            })
        let failed = (0..<2000).filter { _ in rig.call("getMe")?.status == 500 }.count
        #expect((400...600).contains(failed))
    }

    @Test func migration() throws {
        let rig = try WorldRig()
        _ = try rig.world.faults.add(
            fault {
                $0.errorCode = 400; $0.migrateToChatID = -1_001_234
            })
        let reply = try #require(rig.call("sendMessage", send))
        #expect(reply.json["parameters"]?["migrate_to_chat_id"]?.intValue == -1_001_234)
    }

    @Test func faultsThatDoNothingAreRefused() {
        var table = FaultTable()
        for spec in [
            FaultSpec(), fault { $0.errorCode = 200 },
            fault {
                $0.errorCode = 500; $0.count = 0
            },
            fault {
                $0.errorCode = 500; $0.probability = 2
            }, fault { $0.delayMilliseconds = -1 },
        ] {
            #expect(throws: SimulatorError.self) { try table.add(spec) }
        }
    }
}
