import ControllerRuntime
import KubernetesTypes
import Testing

@Suite struct LeaderElectionStateTests {
    private func machine(_ identity: String = "me") -> Machine<LeaderElectionState> {
        Machine(LeaderElectionState(identity: identity, timing: LeaderElectionTiming()))
    }

    private func lease(_ holder: String?, version: String, renewed: String = "t", lasts: Int = 15) -> Lease {
        var lease = Lease(
            metadata: ObjectMeta(name: "l", namespace: "n"),
            spec: .init(
                holderIdentity: holder, leaseDurationSeconds: lasts, acquireTime: "t", renewTime: renewed,
                leaseTransitions: 3))
        lease.metadata.resourceVersion = version
        return lease
    }

    @Test func aMissingLeaseIsCreated() {
        let machine = machine()
        #expect(machine({ $0.next(now: .zero, time: "t") }) == .read)
        machine({ $0.read(nil, now: .zero) })
        guard case .create(let spec) = machine({ $0.next(now: .zero, time: "t") }) else {
            Issue.record("a creation is due")
            return
        }
        #expect(
            spec
                == .init(
                    holderIdentity: "me", leaseDurationSeconds: 15, acquireTime: "t", renewTime: "t",
                    leaseTransitions: 0))
        machine({ $0.written(lease("me", version: "1"), begun: .seconds(1), now: .seconds(2)) })
        #expect(machine({ $0.isLeading(now: .seconds(10)) }))
        #expect(!machine({ $0.isLeading(now: .seconds(11)) }), "the deadline counts from the begin of the write")
        #expect(machine({ $0.next(now: .seconds(2), time: "t") }) == .wait(.seconds(2)))
    }

    @Test func aLeaseThatIsRenewedIsLeftAlone() {
        let machine = machine()
        for second in stride(from: 0, to: 120, by: 2) {
            let now = Duration.seconds(second)
            #expect(machine({ $0.next(now: now, time: "t") }) == .read)
            machine({ $0.read(lease("other", version: "\(second)", renewed: "t\(second)"), now: now) })
            #expect(machine({ $0.next(now: now, time: "t", random: 0) }) == .wait(.seconds(2)))
        }
        #expect(machine.holder == "other")
    }

    /// The other machine's clock is an hour ahead or behind: only when its changes were seen here counts.
    @Test(arguments: ["1999-01-01T00:00:00.000000Z", "2999-01-01T00:00:00.000000Z"])
    func aLeaseIsTakenWhenItWasSeenUnchangedForItsTime(renewed: String) {
        let machine = machine()
        var now = Duration.zero
        let other = lease("other", version: "5", renewed: renewed)
        while true {
            guard machine({ $0.next(now: now, time: "t", random: 0) }) == .read else {
                Issue.record("a read is due")
                return
            }
            machine({ $0.read(other, now: now) })
            let step = machine({ $0.next(now: now, time: "t", random: 0) })
            if case .wait(let pause) = step {
                #expect(now < .seconds(15))
                now += pause
                continue
            }
            guard case .write(let spec, "5") = step else {
                Issue.record("a write is due")
                return
            }
            #expect(now == .seconds(15))
            #expect(spec.holderIdentity == "me" && spec.leaseTransitions == 4)
            break
        }
    }

    @Test func theHoldersOwnDurationCounts() {
        let machine = machine()
        _ = machine({ $0.next(now: .zero, time: "t") })
        machine({ $0.read(lease("other", version: "1", lasts: 60), now: .zero) })
        guard case .wait = machine({ $0.next(now: .seconds(59), time: "t") }) else {
            Issue.record("the lease still holds")
            return
        }
    }

    @Test func aLabelOnTheLeaseIsNoRenewal() {
        let machine = machine()
        _ = machine({ $0.next(now: .zero, time: "t") })
        machine({ $0.read(lease("other", version: "1"), now: .zero) })
        _ = machine({ $0.next(now: .zero, time: "t") })
        _ = machine({ $0.next(now: .seconds(10), time: "t") })
        machine({ $0.read(lease("other", version: "2"), now: .seconds(10)) })
        guard case .write(_, "2") = machine({ $0.next(now: .seconds(15), time: "t") }) else {
            Issue.record("a write is due")
            return
        }
    }

    @Test func aReleasedLeaseIsTakenAtOnce() {
        let machine = machine()
        _ = machine({ $0.next(now: .zero, time: "t") })
        machine({ $0.read(lease("", version: "9"), now: .zero) })
        guard case .write(_, "9") = machine({ $0.next(now: .zero, time: "t") }) else {
            Issue.record("a write is due")
            return
        }
    }

    @Test func theLeaderRenewsAndKeepsItsHistory() {
        let machine = machine()
        _ = machine({ $0.next(now: .zero, time: "t") })
        machine({ $0.read(lease("me", version: "1"), now: .zero) })
        guard case .write(let spec, "1") = machine({ $0.next(now: .seconds(1), time: "later") }) else {
            Issue.record("a write is due")
            return
        }
        #expect(spec.acquireTime == "t" && spec.renewTime == "later" && spec.leaseTransitions == 3)
    }

    @Test func aLeaderThatCannotRenewStopsInTime() {
        let machine = machine()
        _ = machine({ $0.next(now: .zero, time: "t") })
        machine({ $0.read(nil, now: .zero) })
        _ = machine({ $0.next(now: .zero, time: "t") })
        machine({ $0.written(lease("me", version: "1"), begun: .zero, now: .zero) })
        var now = Duration.zero
        while machine({ $0.isLeading(now: now) }) {
            switch machine({ $0.next(now: now, time: "t") }) {
            case .wait(let pause):
                #expect(pause > .zero)
                now += pause
            default:
                now += .milliseconds(100)
                machine({ $0.failed(isConflict: false) })
            }
        }
        #expect(now >= .seconds(10) && now < .seconds(11))
    }

    @Test func aLeaderThatFindsAnotherStopsAtOnce() {
        let machine = machine()
        _ = machine({ $0.next(now: .zero, time: "t") })
        machine({ $0.read(nil, now: .zero) })
        machine({ $0.written(lease("me", version: "1"), begun: .zero, now: .zero) })
        machine({ $0.failed(isConflict: true) })
        #expect(machine({ $0.next(now: .seconds(2), time: "t") }) == .read)
        machine({ $0.read(lease("other", version: "2"), now: .seconds(2)) })
        #expect(!machine({ $0.isLeading(now: .seconds(2)) }))
    }

    @Test func onlyAHolderReleases() {
        let machine = machine()
        #expect(machine({ $0.release(time: "t") }) == nil)
        _ = machine({ $0.next(now: .zero, time: "t") })
        machine({ $0.written(lease("me", version: "1"), begun: .zero, now: .zero) })
        guard case .write(let spec, "1") = machine({ $0.release(time: "end") }) else {
            Issue.record("a write is due")
            return
        }
        #expect(spec.holderIdentity == "" && spec.leaseDurationSeconds == 1 && spec.renewTime == "end")
    }

    /// Several candidates on one lease, with slow requests, lost answers and candidates that are cut off for a while:
    /// never two leaders at once.
    @Test(arguments: 0..<60) func neverTwoLeaders(seed: UInt64) {
        var random = SplitMix(state: seed)
        var server = SimulatedServer()
        var candidates = (0..<3).map { SimulatedCandidate("c\($0)") }
        var changes = 0
        var leader: Int?
        var now = Duration.zero
        while now < .seconds(900) {
            now += .milliseconds(100)
            for index in candidates.indices { candidates[index].work(now, &server, &random) }
            let leaders = candidates.indices.filter { candidates[$0].machine.isLeading(now: now) }
            // #expect itself costs more than all the rest.
            if leaders.count > 1 { Issue.record("two leaders at \(now)") }
            if let first = leaders.first, first != leader {
                leader = first
                changes += 1
            }
        }
        #expect(changes > 1, "leaders that are cut off must be followed")
    }
}

/// A lease as an API server keeps it.
private struct SimulatedServer {
    enum Answer {
        case read(Lease?)
        case written(Lease)
        case conflict
    }

    private var lease: Lease?
    private var version = 0

    mutating func perform(_ step: LeaderElectionState.Step) -> Answer {
        switch step {
        case .wait, .read: return .read(lease)
        case .create(let spec): return lease == nil ? store(spec) : .conflict
        case .write(let spec, let expected):
            return lease?.metadata.resourceVersion == expected ? store(spec) : .conflict
        }
    }

    private mutating func store(_ spec: Lease.Spec) -> Answer {
        version += 1
        var new = Lease(metadata: ObjectMeta(name: "l"), spec: spec)
        new.metadata.resourceVersion = "\(version)"
        lease = new
        return .written(new)
    }
}

/// A candidate behind a bad network.
private struct SimulatedCandidate {
    private struct Request {
        let step: LeaderElectionState.Step
        let begun: Duration
        /// When it reaches the server; `nil` when it does not.
        var reaches: Duration?
        /// When the answer, or the failure, is here.
        let ends: Duration
        var isAnswerLost: Bool
        var answer: SimulatedServer.Answer?
    }

    var machine: LeaderElectionState
    private var request: Request?
    private var idleUntil: Duration = .zero
    private var cutOffUntil: Duration = .zero

    init(_ identity: String) {
        machine = LeaderElectionState(identity: identity, timing: LeaderElectionTiming())
    }

    mutating func work(_ now: Duration, _ server: inout SimulatedServer, _ random: inout SplitMix) {
        func chance(_ one: Int) -> Bool { Int.random(in: 0..<one, using: &random) == 0 }
        func milliseconds(_ range: ClosedRange<Int>) -> Duration {
            .milliseconds(Int.random(in: range, using: &random))
        }

        if chance(600) { cutOffUntil = now + milliseconds(5_000...40_000) }
        if var arriving = request, let reaches = arriving.reaches, reaches <= now {
            arriving.reaches = nil
            arriving.answer = server.perform(arriving.step)
            if now < cutOffUntil { arriving.isAnswerLost = true }
            request = arriving
        }
        if let ended = request, ended.ends <= now {
            request = nil
            switch ended.isAnswerLost ? nil : ended.answer {
            case .read(let lease): machine.read(lease, now: now)
            case .written(let lease): machine.written(lease, begun: ended.begun, now: now)
            case .conflict: machine.failed(isConflict: true)
            case nil: machine.failed(isConflict: false)
            }
        }
        guard request == nil, idleUntil <= now else { return }
        let step = machine.next(now: now, time: "\(now)", random: Double.random(in: 0...1, using: &random))
        if case .wait(let pause) = step {
            idleUntil = now + pause
        } else if now < cutOffUntil {
            request = Request(step: step, begun: now, reaches: nil, ends: now + .seconds(3), isAnswerLost: true)
        } else {
            let there = milliseconds(chance(20) ? 1_000...4_000 : 10...200)
            let back = milliseconds(chance(20) ? 1_000...5_500 : 10...200)
            request = Request(
                step: step, begun: now, reaches: now + there, ends: now + there + back, isAnswerLost: chance(10))
        }
    }
}
