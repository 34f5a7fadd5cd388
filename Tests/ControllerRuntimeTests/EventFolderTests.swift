import ControllerRuntime
import Testing

@testable import ControllerRuntime

@Suite struct EventFolderTests {
    private func identity(
        _ reason: String = "Created", object: String = "a", subject: String = ""
    ) -> EventFolder.Identity {
        EventFolder.Identity(
            regarding: ObjectReference(apiVersion: "v1", kind: "Thing", namespace: "n", name: object, uid: nil),
            type: .normal, reason: reason, action: "Create", subject: subject)
    }

    private func folder(_ change: (inout EventSettings) -> Void = { _ in }) -> Machine<EventFolder> {
        var settings = EventSettings()
        change(&settings)
        return Machine(EventFolder(settings))
    }

    @Test func theFirstIsWrittenAndRepeatsAreCounted() {
        let folder = folder()
        let event = identity()
        #expect(folder({ $0.record(event, now: .zero, time: "t0") }) == .create)
        #expect(folder({ $0.nextDue() }) == nil)
        for second in 1...10 {
            #expect(folder({ $0.record(event, now: .seconds(second), time: "t\(second)") }) == .folded)
        }
        #expect(folder({ $0.nextDue() }) == .seconds(30))
        #expect(folder({ $0.due(now: .seconds(29)) }).isEmpty)
        #expect(
            folder({ $0.due(now: .seconds(30)) }) == [.init(identity: event, count: 11, lastObservedTime: "t10")])
        #expect(folder({ $0.due(now: .seconds(1_000)) }).isEmpty, "what was written is not written again")
    }

    @Test func oneUpdateAnInterval() {
        let folder = folder()
        let event = identity()
        var writes = 0
        for second in 0..<300 {
            if folder({ $0.record(event, now: .seconds(second), time: "") }) == .create { writes += 1 }
            writes += folder({ $0.due(now: .seconds(second)) }).count
        }
        #expect(writes == 10)
    }

    @Test func aRepeatAfterTheWindowIsANewEvent() {
        let folder = folder()
        let event = identity()
        _ = folder({ $0.record(event, now: .zero, time: "") })
        #expect(folder({ $0.record(event, now: .seconds(359), time: "") }) == .folded)
        _ = folder({ $0.due(now: .seconds(389)) })
        #expect(folder({ $0.record(event, now: .seconds(718), time: "") }) == .folded)
        _ = folder({ $0.due(now: .seconds(748)) })
        #expect(folder({ $0.record(event, now: .seconds(718 + 361), time: "") }) == .create)
    }

    @Test func whatDiffersIsNotFolded() {
        let folder = folder()
        #expect(folder({ $0.record(identity("A"), now: .zero, time: "") }) == .create)
        #expect(folder({ $0.record(identity("B"), now: .zero, time: "") }) == .create)
        #expect(folder({ $0.record(identity("A", object: "b"), now: .zero, time: "") }) == .create)
        #expect(folder({ $0.record(identity("A", subject: "image:2"), now: .zero, time: "") }) == .create)
        #expect(folder({ $0.record(identity("A", subject: "image:2"), now: .zero, time: "") }) == .folded)
        #expect(folder.count == 4)
    }

    @Test func oneObjectMayNotFlood() {
        let folder = folder {
            $0.burstPerObject = 3
            $0.refillPerObject = .seconds(10)
        }
        let outcomes = (0..<5).map { number in
            folder({ $0.record(identity("R\(number)"), now: .zero, time: "") })
        }
        #expect(outcomes == [.create, .create, .create, .limited, .limited])
        #expect(folder({ $0.record(identity("R9", object: "other"), now: .zero, time: "") }) == .create)
        #expect(folder({ $0.record(identity("R5"), now: .seconds(10), time: "") }) == .create)
        #expect(folder({ $0.record(identity("R6"), now: .seconds(10), time: "") }) == .limited)
    }

    @Test func memoryIsBounded() {
        let folder = folder({ $0.maximumSeries = 10 })
        for number in 0..<1_000 {
            _ = folder({ $0.record(identity(object: "\(number)"), now: .seconds(number / 100), time: "") })
        }
        #expect(folder.count == 10)
        #expect(folder({ $0.contains(identity(object: "999")) }))
        #expect(!folder({ $0.contains(identity(object: "0")) }))
    }

    @Test func theEndWritesWhatIsLeft() {
        let folder = folder()
        _ = folder({ $0.record(identity(), now: .zero, time: "a") })
        _ = folder({ $0.record(identity(), now: .seconds(1), time: "b") })
        #expect(folder({ $0.flush() }) == [.init(identity: identity(), count: 2, lastObservedTime: "b")])
        #expect(folder({ $0.flush() }).isEmpty)
    }
}
