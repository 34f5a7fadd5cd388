import Cryptography
import Testing

@Suite struct SecureRandomTests {
    @Test(arguments: [0, 1, 16, 4096])
    func givesAsManyBytesAsAskedFor(_ count: Int) throws {
        #expect(try SecureRandom.bytes(count).count == count)
    }

    @Test func bytesDiffer() throws {
        #expect(try SecureRandom.bytes(32) != SecureRandom.bytes(32))
    }

    @Test func everyByteValueComesUp() throws {
        #expect(Set(try SecureRandom.bytes(1 << 16)).count == 256)
    }

    @Test func tokensHaveTheirLengthAndAlphabet() throws {
        let allowed = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-")
        let token = try SecureRandom.token(length: 10_000)
        #expect(token.count == 10_000)
        #expect(Set(token) == allowed)
        #expect(try SecureRandom.token(length: 43) != SecureRandom.token(length: 43))
    }
}
