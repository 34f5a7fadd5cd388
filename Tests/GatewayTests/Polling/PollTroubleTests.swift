import TelegramBotAPI
import Testing

@testable import Gateway

@Suite struct PollTroubleTests {
    @Test(arguments: [
        (
            TelegramError.Code.conflict,
            "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first",
            PollTrouble.webhookSet
        ),
        (.conflict, "Conflict: terminated by setWebhook request", .webhookSet),
        (.conflict, "Conflict: terminated by other getUpdates request; make sure …", .otherPoller),
        (.tooManyRequests(retryAfter: 9), "Too Many Requests: retry after 9", .rateLimited),
        (.unauthorized, "Unauthorized", .tokenRefused), (.notFound, "Not Found", .tokenRefused),
        (.malformedToken, "", .tokenRefused), (.server, "Bad Gateway", .failed), (.transport, "", .failed),
        (.malformedAnswer, "", .failed), (.badRequest, "Bad Request: x", .failed),
    ])
    func eachFailureIsNamed(code: TelegramError.Code, text: String, trouble: PollTrouble) {
        #expect(PollTrouble(TelegramError(code, "getUpdates: \(text)", apiDescription: text)) == trouble)
    }

    @Test func telegramsWordIsKept() {
        #expect(PollTrouble.rateLimited.pause(failures: 7, retryAfter: .seconds(99)) == .seconds(99))
        #expect(PollTrouble.tokenRefused.pause(failures: 0) == .seconds(60))
    }

    @Test func theRestIsTriedAgainLaterAndLater() {
        for trouble in PollTrouble.allCases where trouble != .rateLimited && trouble != .tokenRefused {
            let pauses = (0..<10).map { trouble.pause(failures: $0, random: 0) }
            #expect(pauses == pauses.sorted() && pauses[0] <= .seconds(1) && pauses[1] > pauses[0], "\(trouble)")
            #expect(pauses[9] <= .seconds(30), "\(trouble)")
        }
    }
}
