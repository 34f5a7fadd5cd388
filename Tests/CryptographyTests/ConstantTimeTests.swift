import Cryptography
import Testing

@Suite struct ConstantTimeTests {
    @Test func equalBytesAreEqual() {
        #expect(ConstantTime.equal([1, 2, 3], [1, 2, 3]))
        #expect(ConstantTime.equal([], []))
    }

    @Test(arguments: [[9, 2, 3], [1, 9, 3], [1, 2, 9], [1, 2], [1, 2, 3, 4], []] as [[UInt8]])
    func anyDifferenceIsSeen(_ other: [UInt8]) {
        #expect(!ConstantTime.equal([1, 2, 3], other))
    }
}
