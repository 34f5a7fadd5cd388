import Testing

@testable import Operator

@Suite struct DeliveryHealthTests {
    private let quiet = DeliveryLook(
        at: 1000, pending: 0, error: nil, errorAt: nil, taken: 10, unread: 0, read: 10, unsent: 0, sent: 5)

    private func verdict(
        _ before: DeliveryLook? = nil, hasWorker: Bool = true, workers: Int = 1, _ change: (inout DeliveryLook) -> Void
    ) -> DeliveryHealth.Verdict {
        var now = before ?? quiet
        now.at += 30
        change(&now)
        return DeliveryHealth.verdict(now, before: before, hasWorker: hasWorker, workers: workers)
    }

    @Test func aBotThatNobodyWritesToIsWell() {
        #expect(verdict { _ in } == .good)
        #expect(verdict(quiet) { _ in } == .good)
    }

    @Test func whatIsOnItsWayIsLookedAtAgainFirst() {
        #expect(verdict { $0.unread = 3 }.status == nil)
        #expect(verdict { $0.unsent = 3 }.status == nil)
        #expect(verdict(quiet) { $0.unread = 3 } == .good)
    }

    @Test func aWorkerThatStandsStillIsNamed() {
        var before = quiet
        before.unread = 3
        #expect(verdict(before) { _ in }.reason == "WorkerNotReading")
        #expect(verdict(before, workers: 0) { _ in }.message.contains("no worker is ready"))
        // It reads, only not as fast as they come.
        #expect(
            verdict(before) {
                $0.read += 1; $0.unread = 50
            } == .good)
        // A consumer elsewhere is not ours to judge.
        #expect(verdict(before, hasWorker: false) { _ in } == .good)
    }

    @Test func answersThatNobodySendsAreNamed() {
        var before = quiet
        before.unsent = 2
        #expect(verdict(before) { _ in }.reason == "AnswersNotSent")
        #expect(
            verdict(before) {
                $0.sent += 2; $0.unsent = 0
            } == .good)
    }

    @Test(arguments: [
        ("Wrong response from the webhook: 503 Service Unavailable", "GatewayRefuses"),
        ("Wrong response from the webhook: 401 Unauthorized", "GatewayUnaware"),
        ("Wrong response from the webhook: 404 Not Found", "GatewayUnaware"),
        ("Wrong response from the webhook: 502 Bad Gateway", "GatewayUnreachable"),
        ("Connection refused", "GatewayUnreachable"),
        ("SSL error {error:0A000086:SSL routines::certificate verify failed}", "GatewayUnreachable"),
    ])
    func telegramsErrorTellsTheHop(error: String, reason: String) {
        let verdict = verdict(quiet) { now in
            now.pending = 4
            now.error = error
            now.errorAt = now.at - 5
        }
        #expect(verdict.status == false && verdict.reason == reason)
        #expect(verdict.message.contains(error) && verdict.message.contains("4 update(s)"))
    }

    @Test func updatesThatNobodyAsksForAreNamed() {
        var before = quiet
        before.isPolled = true
        // Telegram counts those that have just been given out.
        #expect(verdict(before) { $0.pending = 3 } == .good)
        before.pending = 3
        #expect(verdict(before) { _ in }.reason == "GatewayNotPolling")
        #expect(verdict(before) { $0.taken += 1 } == .good)
        #expect(
            verdict {
                $0.isPolled = true; $0.pending = 3
            }.status == nil)
        // With a webhook an error of Telegram's says more.
        before.isPolled = false
        #expect(verdict(before) { _ in } == .good)
    }

    @Test func anErrorThatIsOverDoesNotCount() {
        let past: (inout DeliveryLook) -> Void = { now in
            now.error = "Connection refused"
            now.errorAt = now.at - 5
        }
        #expect(verdict(quiet, past) == .good)
        #expect(
            verdict(quiet) { now in
                past(&now); now.pending = 4; now.taken += 1
            } == .good)
        #expect(
            verdict(quiet) { now in
                past(&now); now.pending = 4; now.errorAt = now.at - 3600
            } == .good)
    }
}
