import KubernetesTypes
import PlatformAPI
import Testing

@testable import Operator

@Suite struct ConditionSetTests {
    private static let then = "2024-01-01T00:00:00Z"
    private static let now = "2024-06-01T00:00:00Z"

    private func set(_ previous: [Condition] = []) -> ConditionSet {
        ConditionSet(previous: previous, generation: 4, now: Self.now)
    }

    private func condition(_ type: String, _ status: Condition.Status, _ reason: String = "R") -> Condition {
        Condition(
            type: type, status: status, reason: reason, message: "m", observedGeneration: 3,
            lastTransitionTime: Self.then)
    }

    private func wellDone(_ set: inout ConditionSet) {
        for type: ConditionType in [.tokenValid, .gatewayReady, .topicsReady, .workloadReady, .webhookReady] {
            set.set(type, .true, "Fine", "fine")
        }
    }

    @Test func theTransitionTimeChangesWithTheStatusOnly() {
        var set = set([condition("TokenValid", .true, "Old"), condition("TopicsReady", .false)])
        set.set(.tokenValid, .true, "New", "other words")
        set.set(.topicsReady, .true, "Done", "done")
        set.set(.webhookReady, .unknown, "First", "first")
        #expect(set[.tokenValid]?.lastTransitionTime == Self.then)
        #expect(set[.tokenValid]?.reason == "New")
        #expect(set[.tokenValid]?.observedGeneration == 4)
        #expect(set[.topicsReady]?.lastTransitionTime == Self.now)
        #expect(set[.webhookReady]?.lastTransitionTime == Self.now)
    }

    @Test func aFailureIsTheConditionOfItsStepAndOfReady() {
        var set = set()
        wellDone(&set)
        let failure = StepFailure(.topicsReady, "KafkaUnavailable", "no broker")
        set.summarize(failure: failure)
        for type: ConditionType in [.topicsReady, .ready] {
            #expect(set[type]?.status == .false)
            #expect(set[type]?.reason == "KafkaUnavailable")
            #expect(set[type]?.message == "no broker")
        }
        #expect(set[.reconciling]?.status == .true)
        #expect(set[.stalled] == nil)
        #expect(set[.tokenValid]?.status == .true)
    }

    @Test func whatOnlyAPersonCanRepairIsStalled() {
        var set = set([condition("Reconciling", .true)])
        set.summarize(failure: StepFailure(.tokenValid, "TokenRejected", "m", retry: .onChange))
        #expect(set[.stalled]?.reason == "TokenRejected")
        #expect(set[.reconciling] == nil)
        set.summarize(failure: StepFailure(.tokenValid, "TelegramUnavailable", "m", retry: .after(.seconds(3))))
        #expect(set[.stalled] == nil)
        #expect(set[.reconciling]?.status == .true)
    }

    @Test func allWellIsReady() {
        var set = set([condition("Reconciling", .true), condition("Stalled", .true), condition("Ready", .false)])
        wellDone(&set)
        set.set(.scalerReady, .false, "KEDANotInstalled", "m")
        set.summarize(failure: nil)
        #expect(set[.ready]?.status == .true)
        #expect(set[.ready]?.lastTransitionTime == Self.now)
        #expect(set[.reconciling] == nil)
        #expect(set[.stalled] == nil)
    }

    @Test(arguments: [ConditionType.tokenValid, .gatewayReady, .topicsReady, .workloadReady, .webhookReady])
    func whatIsPendingIsWhyABotIsNotReady(type: ConditionType) {
        for status in [Condition.Status.false, .unknown] {
            var set = set()
            wellDone(&set)
            set.set(type, status, "Pending", "not yet")
            set.summarize(failure: nil)
            #expect(set[.ready]?.status == .false)
            #expect(set[.ready]?.reason == "Pending")
            #expect(set[.reconciling]?.message == "not yet")
        }
    }

    @Test func conditionsOfOthersStayAndTheOrderIsFixed() {
        var set = set([condition("FromTheFuture", .true), condition("WebhookReady", .true), condition("Ready", .true)])
        set.set(.tokenValid, .true, "R", "m")
        #expect(set.list.map(\.type) == ["Ready", "TokenValid", "WebhookReady", "FromTheFuture"])
        set.remove(.webhookReady)
        #expect(set.list.map(\.type) == ["Ready", "TokenValid", "FromTheFuture"])
    }

    @Test func sayingTheSameAgainChangesNothing() {
        var first = set()
        wellDone(&first)
        first.summarize(failure: nil)
        var second = ConditionSet(previous: first.list, generation: 4, now: "2025-01-01T00:00:00Z")
        wellDone(&second)
        second.summarize(failure: nil)
        #expect(first.list == second.list)
    }

    @Test func aStillFailingBotKeepsItsTimes() {
        let failure = StepFailure(.gatewayReady, "GatewayNotFound", "m", retry: .onChange)
        var first = set()
        first.summarize(failure: failure)
        var second = ConditionSet(previous: first.list, generation: 4, now: "2025-01-01T00:00:00Z")
        second.summarize(failure: failure)
        #expect(first.list == second.list)
    }

    @Test func failuresOfAStepTellThemselves() {
        let failure = StepFailure(.workloadReady, "Reason", "message")
        #expect("\(failure)" == "WorkloadReady=False Reason: message")
        #expect(failure.retry == .backoff)
        #expect(failure != StepFailure(.workloadReady, "Reason", "message", retry: .onChange))
    }
}
