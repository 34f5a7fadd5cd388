import KafkaClient
import Observability
import Testing

@testable import Operator

/// Kept apart from the unit tests because it runs librdkafka, which the Thread Sanitizer cannot be used with.
@Suite struct KafkaAdminPoolTests {
    @Test func aClientThatIsNoLongerWantedIsLetGoWhileOthersStay() async throws {
        let pool = KafkaAdminPool(logger: .silent)
        let old = KafkaAccess(servers: "127.0.0.1:1")
        let other = KafkaAccess(servers: "127.0.0.1:2")
        let stays = try pool.admin(other)
        weak let gone = try pool.admin(old)
        pool.keep([other])
        #expect(gone == nil)
        #expect(try pool.admin(other) === stays)
        // One that is in use is left alone.
        let used = try pool.admin(old)
        pool.keep([other])
        #expect(try pool.admin(old) !== used)
        #expect(used.lastError?.code != .closed)
        await pool.close()
    }
}
