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

    /// Several candidates on one lease with random delays, failures and lost answers: never two leaders at once.
    @Test(arguments: 0..<30) func neverTwoLeaders(seed: UInt64) {
        var random = SplitMix(state: seed)
        struct Pending {
            var step: LeaderElectionState.Step
            var begun: Duration
            var arrives: Duration
            var isLost: Bool
        }
        var stored: Lease?
        var version = 0
        var candidates = (0..<3).map { LeaderElectionState(identity: "c\($0)", timing: LeaderElectionTiming()) }
        var pending: [Pending?] = [nil, nil, nil]
        var idleUntil: [Duration] = [.zero, .zero, .zero]
        var everLed = false
        var now = Duration.zero
        while now < .seconds(600) {
            now += .milliseconds(100)
            for index in candidates.indices {
                if let request = pending[index], request.arrives <= now {
                    pending[index] = nil
                    // The write reaches the server even when its answer is lost.
                    var written: Lease?
                    var conflict = false
                    func store(_ spec: Lease.Spec) {
                        version += 1
                        var lease = Lease(metadata: ObjectMeta(name: "l"), spec: spec)
                        lease.metadata.resourceVersion = "\(version)"
                        stored = lease
                        written = lease
                    }
                    switch request.step {
                    case .wait, .read: break
                    case .create(let spec): if stored == nil { store(spec) } else { conflict = true }
                    case .write(let spec, let expected):
                        if stored?.metadata.resourceVersion == expected { store(spec) } else { conflict = true }
                    }
                    if request.isLost || now - request.begun > .seconds(10) {
                        candidates[index].failed(isConflict: false)
                    } else if case .read = request.step {
                        candidates[index].read(stored, now: now)
                    } else if let written {
                        candidates[index].written(written, begun: request.begun, now: now)
                    } else {
                        candidates[index].failed(isConflict: conflict)
                    }
                }
                if pending[index] == nil, idleUntil[index] <= now {
                    let step = candidates[index].next(
                        now: now, time: "\(now)", random: Double.random(in: 0...1, using: &random))
                    if case .wait(let pause) = step {
                        idleUntil[index] = now + pause
                    } else {
                        let slow = Int.random(in: 0..<20, using: &random) == 0
                        let delay = Duration.milliseconds(Int.random(in: 10...(slow ? 20_000 : 500), using: &random))
                        pending[index] = Pending(
                            step: step, begun: now, arrives: now + delay,
                            isLost: Int.random(in: 0..<5, using: &random) == 0)
                    }
                }
            }
            let leaders = candidates.filter { $0.isLeading(now: now) }.count
            #expect(leaders <= 1, "two leaders at \(now)")
            if leaders == 1 { everLed = true }
        }
        #expect(everLed)
    }
}
