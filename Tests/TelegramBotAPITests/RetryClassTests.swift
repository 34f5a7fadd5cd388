@testable import TelegramBotAPI
import Testing

@Suite struct RetryClassTests {
    @Test(arguments: [
        ("getMe", RetryClass.reads), ("GETUPDATES", .reads), ("setWebhook", .converges),
        ("editmessagetext", .converges),
        ("deleteMessage", .converges), ("sendMessage", .creates), ("sendMediaGroup", .creates),
        ("copyMessage", .creates),
        ("createInvoiceLink", .creates), ("answerCallbackQuery", .answersOnce), ("sendChatAction", .ephemeral),
        ("sendRichMessageDraft", .ephemeral), ("replaceManagedBotToken", .creates), ("refundStarPayment", .converges),
        ("transferGift", .creates), ("logOut", .session), ("close", .session), ("getSomethingNew", .reads),
        ("inventSomethingNew", .creates),
    ])
    func classes(_ method: String, _ expected: RetryClass) {
        #expect(RetryClass.of(method) == expected)
    }

    @Test func noMethodStandsTwice() {
        let names = RetryClass.methods.flatMap { $0.1.split(whereSeparator: \.isWhitespace) }
        #expect(names.count == 180)
        #expect(Set(names.map { $0.lowercased() }).count == names.count)
    }

    @Test func spellingIsTheDocumentations() {
        #expect(RetryClass.canonicalName("SENDMESSAGE") == "sendMessage")
        #expect(RetryClass.canonicalName("inventSomethingNew") == nil)
        #expect(RetryClass.isKnown("getwebhookinfo"))
    }

    @Test func onlyHarmlessOnesAreSafeToRepeat() {
        #expect(!RetryClass.creates.isSafeToRepeat && !RetryClass.session.isSafeToRepeat)
        for safe in [RetryClass.reads, .converges, .answersOnce, .ephemeral] { #expect(safe.isSafeToRepeat) }
    }
}
