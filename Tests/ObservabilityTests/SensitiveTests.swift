import Observability
import Testing

@Suite struct SensitiveTests {
    private struct Holder {
        let name = "holder"
        let password: Sensitive<String>
    }

    @Test func noWayOfPrintingShowsTheValue() {
        let secret = Sensitive("hunter2")
        var dumped = ""
        dump(Holder(password: secret), to: &dumped)
        for text in [
            "\(secret)", String(describing: secret), String(reflecting: secret), "\(Optional(secret) as Any)",
            "\([secret])", "\(["k": secret])", "\(Holder(password: secret))", dumped,
        ] {
            #expect(!text.contains("hunter2"), "\(text)")
        }
        #expect("\(secret)" == "***")
        #expect(secret.value == "hunter2")
    }

    @Test func valuesCompare() {
        #expect(Sensitive("a") == Sensitive("a"))
        #expect(Sensitive("a") != Sensitive("b"))
        #expect(Set([Sensitive("a"), Sensitive("a")]).count == 1)
    }
}
