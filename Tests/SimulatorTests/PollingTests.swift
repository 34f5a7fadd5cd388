@testable import Simulator
import JSON
import Testing

@Suite struct PollingTests {
    private func numbers(_ reply: APIReply?) -> [Int64] {
        reply?.result.arrayValue?.compactMap { $0["update_id"]?.intValue } ?? []
    }

    @Test func offsetsConfirm() throws {
        let rig = try WorldRig()
        for number in 0..<5 { try rig.write("\(number)", from: 11) }
        let all = numbers(rig.call("getUpdates"))
        #expect(all.count == 6)
        #expect(numbers(rig.call("getUpdates")) == all, "nothing is confirmed without an offset")
        #expect(numbers(rig.call("getUpdates", ["offset": .int(all[2]), "limit": 2])) == [all[2], all[3]])
        #expect(numbers(rig.call("getUpdates", ["offset": 0])) == Array(all[2...]))
        #expect(numbers(rig.call("getUpdates", ["offset": -1])) == [all[5]])
        #expect(numbers(rig.call("getUpdates", ["offset": 0])) == [all[5]], "the older ones are forgotten")
        #expect(numbers(rig.call("getUpdates", ["offset": .int(all[5] + 1)])) == [])
    }

    @Test func aLongPollWaitsForAnUpdate() throws {
        let rig = try WorldRig()
        rig.drain()
        #expect(rig.call("getUpdates", ["timeout": 30]) == nil)
        let waiting = rig.callID
        rig.advance(.seconds(10))
        try rig.write("now", from: 11)
        #expect(numbers(rig.answer(to: waiting)).count == 1)
    }

    @Test func aLongPollEndsEmptyAfterFiftySecondsAtMost() throws {
        let rig = try WorldRig()
        rig.drain()
        #expect(rig.call("getUpdates", ["timeout": 1000]) == nil)
        let waiting = rig.callID
        rig.advance(.seconds(49))
        #expect(rig.answer(to: waiting) == nil)
        rig.advance(.seconds(2))
        #expect(rig.answer(to: waiting)?.result == [])
    }

    @Test func aSecondPollEndsTheFirst() throws {
        let rig = try WorldRig()
        rig.drain()
        #expect(rig.call("getUpdates", ["timeout": 30]) == nil)
        let first = rig.callID
        #expect(rig.call("getUpdates", ["timeout": 30]) == nil)
        let reply = try #require(rig.answer(to: first))
        #expect(reply.status == 409)
        #expect(
            reply.text
                == "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running")
    }

    @Test func settingAWebhookEndsThePollAndForbidsTheNext() throws {
        let rig = try WorldRig()
        rig.drain()
        #expect(rig.call("getUpdates", ["timeout": 30]) == nil)
        let waiting = rig.callID
        #expect(rig.setWebhook()?.status == 200)
        #expect(rig.answer(to: waiting)?.text == "Conflict: terminated by setWebhook request")
        let reply = try #require(rig.call("getUpdates"))
        #expect(reply.status == 409)
        #expect(
            reply.text
                == "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
        )
    }
}
