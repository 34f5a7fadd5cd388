import Observability
import Testing

@Suite struct RedactionTests {
    private let secret = "AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw_"

    @Test func tokensLoseTheirSecret() {
        #expect(Redaction.mask("110201543:\(secret)") == "110201543:***")
        #expect(
            Redaction.mask("https://h/bot110201543:\(secret)/sendMessage") == "https://h/bot110201543:***/sendMessage")
        #expect(Redaction.mask("bot110201543%3A\(secret)&x") == "bot110201543%3A***&x")
        #expect(Redaction.mask("bot110201543%3a\(secret)") == "bot110201543%3a***")
        #expect(Redaction.mask("1:\(secret) and 2:\(secret)") == "1:*** and 2:***")
        #expect(Redaction.mask("é1:\(secret)é") == "é1:***é")
    }

    @Test func otherTextIsLeftAlone() {
        for text in [
            "", "short", "12:30:45 and 2026-11-21T11:45:07.250Z", "a:\(secret)", ":\(secret)",
            "image sha256:0123 of registry:5000/thing", "1:" + String(repeating: "a", count: 29),
            "http://127.0.0.1:8080/some/path/that/is/longer/than/thirty",
        ] {
            #expect(Redaction.mask(text) == text)
        }
    }

    @Test func theShortestSecretHasThirtyCharacters() {
        #expect(Redaction.mask("1:" + String(repeating: "a", count: 30)) == "1:***")
    }
}
