import Concurrency
import ControllerRuntime
import Testing

@Suite struct ReflectorStateTests {
    private func settings(_ change: (inout ReflectorSettings) -> Void = { _ in }) -> ReflectorSettings {
        var settings = ReflectorSettings()
        settings.backoff = Backoff(base: .seconds(1), maximum: .seconds(8), jitter: 0)
        settings.watchTimeout = 300...600
        settings.pageSize = 100
        change(&settings)
        return settings
    }

    private func watching(_ settings: ReflectorSettings, at version: String = "10") -> Machine<ReflectorState> {
        let state = Machine(ReflectorState(settings))
        _ = state({ $0.next(now: .zero) })
        _ = state({ $0.pageReceived(resourceVersion: version, continueToken: nil) })
        return state
    }

    @Test func listsFromTheCacheThenWatches() {
        let state = Machine(ReflectorState(settings()))
        #expect(state({ $0.next(now: .zero) }) == .list(ListRequest(resourceVersion: "0", limit: 100)))
        #expect(state({ $0.pageReceived(resourceVersion: "10", continueToken: nil) }))
        #expect(
            state({ $0.next(now: .zero, random: 0.5) })
                == .watch(WatchRequest(resourceVersion: "10", timeoutSeconds: 450)))
    }

    @Test func goesThroughThePages() {
        let state = Machine(ReflectorState(settings { $0.listsFromCache = false }))
        #expect(state({ $0.next(now: .zero) }) == .list(ListRequest(limit: 100)))
        #expect(!state({ $0.pageReceived(resourceVersion: "10", continueToken: "one") }))
        #expect(state({ $0.next(now: .zero) }) == .list(ListRequest(limit: 100, continueToken: "one")))
        #expect(!state({ $0.pageReceived(resourceVersion: "10", continueToken: "two") }))
        #expect(state({ $0.next(now: .zero) }) == .list(ListRequest(limit: 100, continueToken: "two")))
        #expect(state({ $0.pageReceived(resourceVersion: "10", continueToken: nil) }))
        #expect(state.resourceVersion == "10")
    }

    @Test func eventsAndBookmarksAdvanceWhereTheNextWatchBegins() {
        let state = watching(settings())
        _ = state({ $0.next(now: .zero) })
        state({ $0.observed(resourceVersion: "11") })
        state({ $0.observed(resourceVersion: "40") })
        state({ $0.observed(resourceVersion: "") })
        state({ $0.watchEnded(now: .seconds(400)) })
        #expect(
            state({ $0.next(now: .seconds(400), random: 0) })
                == .watch(WatchRequest(resourceVersion: "40", timeoutSeconds: 300)))
    }

    @Test func aTimeoutIsNoFailureButAWatchThatEndsAtOnceIs() {
        let state = watching(settings())
        _ = state({ $0.next(now: .zero) })
        state({ $0.watchEnded(now: .milliseconds(10)) })
        #expect(state({ $0.next(now: .zero) }) == .pause(.seconds(1)))
        _ = state({ $0.next(now: .seconds(1)) })
        state({ $0.observed(resourceVersion: "11") })
        state({ $0.watchEnded(now: .milliseconds(1_010)) })
        guard case .watch = state({ $0.next(now: .seconds(2)) }) else {
            Issue.record("a watch that brought something is no failure")
            return
        }
    }

    @Test func aCutWatchResumesWithoutAListAndBacksOff() {
        let state = watching(settings())
        let cut = ReflectorFailure(.unreachable, "cut")
        var now = Duration.seconds(1)
        for delay in [1, 2, 4, 8, 8] {
            guard case .watch(let request) = state({ $0.next(now: now) }) else {
                Issue.record("a watch is due")
                return
            }
            #expect(request.resourceVersion == "10")
            now += .seconds(5)
            #expect(state({ $0.failed(cut, now: now) }) == .none)
            #expect(state({ $0.next(now: now) }) == .pause(.seconds(delay)))
        }
        // A watch that stood for long makes the failures forgotten.
        _ = state({ $0.next(now: now) })
        #expect(state({ $0.failed(cut, now: now + .seconds(31)) }) == .none)
        #expect(state({ $0.next(now: now) }) == .pause(.seconds(1)))
    }

    @Test func anExpiredVersionListsTheLatest() {
        let state = watching(settings())
        _ = state({ $0.next(now: .zero) })
        #expect(state({ $0.failed(ReflectorFailure(.expired, "410"), now: .seconds(60)) }) == .relist)
        // Healthy before, so at once; and not from the cache, which may be older.
        #expect(state({ $0.next(now: .seconds(60)) }) == .list(ListRequest(limit: 100)))
        _ = state({ $0.pageReceived(resourceVersion: "90", continueToken: nil) })
        _ = state({ $0.next(now: .seconds(60)) })
        #expect(state({ $0.failed(ReflectorFailure(.expired, "410"), now: .seconds(61)) }) == .relist)
        #expect(state({ $0.next(now: .seconds(61)) }) == .pause(.seconds(1)))
    }

    @Test func anExpiredContinueTokenBeginsAgainWithLargerPages() {
        let state = Machine(ReflectorState(settings { $0.listsFromCache = false }))
        _ = state({ $0.next(now: .zero) })
        _ = state({ $0.pageReceived(resourceVersion: "10", continueToken: "one") })
        _ = state({ $0.next(now: .zero) })
        #expect(state({ $0.failed(ReflectorFailure(.expired, "410"), now: .zero) }) == .none)
        #expect(state({ $0.next(now: .zero) }) == .pause(.seconds(1)))
        #expect(state({ $0.next(now: .zero) }) == .list(ListRequest(limit: 400)))
    }

    @Test func aPageThatFailsIsAskedForAgain() {
        let state = Machine(ReflectorState(settings { $0.listsFromCache = false }))
        _ = state({ $0.next(now: .zero) })
        _ = state({ $0.pageReceived(resourceVersion: "10", continueToken: "one") })
        _ = state({ $0.next(now: .zero) })
        _ = state({ $0.failed(ReflectorFailure(.unreachable, "cut"), now: .zero) })
        _ = state({ $0.next(now: .zero) })
        #expect(state({ $0.next(now: .zero) }) == .list(ListRequest(limit: 100, continueToken: "one")))
    }

    @Test func aListThatIsTooLargeIsTakenInPages() {
        let state = Machine(ReflectorState(settings()))
        let tooLarge = ReflectorFailure(.tooLarge, "too large")
        _ = state({ $0.next(now: .zero) })
        _ = state({ $0.failed(tooLarge, now: .zero) })
        _ = state({ $0.next(now: .zero) })
        #expect(state({ $0.next(now: .zero) }) == .list(ListRequest(limit: 100)))
        _ = state({ $0.failed(tooLarge, now: .zero) })
        _ = state({ $0.next(now: .zero) })
        #expect(state({ $0.next(now: .zero) }) == .list(ListRequest(limit: 50)))
    }

    @Test func theServersRetryAfterIsHeeded() {
        let state = watching(settings())
        _ = state({ $0.next(now: .zero) })
        _ = state({ $0.failed(ReflectorFailure(.other, "429", retryAfter: .seconds(60)), now: .seconds(2)) })
        #expect(state({ $0.next(now: .zero) }) == .pause(.seconds(60)))
    }

    @Test func aMissingKindIsBelievedAfterAWhile() {
        let state = Machine(ReflectorState(settings { $0.isOptional = true }))
        let missing = ReflectorFailure(.notServed, "404")
        var now = Duration.zero
        var consequences: [ReflectorState.Consequence] = []
        while now < .seconds(12) {
            guard case .list = state({ $0.next(now: now) }) else {
                Issue.record("a list is due")
                return
            }
            consequences.append(state({ $0.failed(missing, now: now) }))
            guard case .pause(let duration) = state({ $0.next(now: now) }) else {
                Issue.record("a pause is due")
                return
            }
            now += duration
            if consequences.last == .absent {
                #expect(duration == .seconds(30))
                break
            }
        }
        #expect(consequences.last == .absent)
        #expect(consequences.count > 3)
        // It is told once.
        _ = state({ $0.next(now: now) })
        #expect(state({ $0.failed(missing, now: now) }) == .none)
        #expect(state({ $0.next(now: now) }) == .pause(.seconds(30)))
        // And taken up when it appears.
        _ = state({ $0.next(now: now) })
        #expect(state({ $0.pageReceived(resourceVersion: "7", continueToken: nil) }))
        #expect(state.resourceVersion == "7")
    }

    @Test func aServerThatDoesNotAnswerIsNoMissingKind() {
        let state = Machine(ReflectorState(settings { $0.isOptional = true }))
        _ = state({ $0.failed(ReflectorFailure(.notServed, "404"), now: .zero) })
        _ = state({ $0.failed(ReflectorFailure(.unreachable, "down"), now: .seconds(5)) })
        #expect(state({ $0.failed(ReflectorFailure(.notServed, "404"), now: .seconds(100)) }) == .none)
    }
}
