import Testing

@testable import Gateway

@Suite struct TraceParentTests {
    private let valid = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

    @Test func aValidOneIsKept() {
        #expect(TraceParent.from(valid) == valid)
    }

    @Test func anInvalidOneIsReplaced() {
        let invalid = [
            nil, "", "00", valid + "-x", valid.uppercased(), "ff" + valid.dropFirst(2),
            "00-00000000000000000000000000000000-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b716920333-011", "00-é",
        ]
        for header in invalid {
            let made = TraceParent.from(header)
            #expect(made != header)
            #expect(TraceParent.isValid(made), "\(made)")
        }
        #expect(TraceParent.from(nil) != TraceParent.from(nil))
    }
}
