import Observability
import Testing

@Suite struct HealthRegistryTests {
    @Test func readyWhenNothingIsWaitedFor() {
        #expect(HealthRegistry().notReady == nil)
    }

    @Test func everyCheckMustBeReady() {
        let health = HealthRegistry()
        health.register("kafka", waitingFor: "the broker")
        health.register("api", waitingFor: "the first list")
        #expect(health.notReady == "api: the first list; kafka: the broker")
        health.markReady("kafka")
        #expect(health.notReady == "api: the first list")
        health.markReady("api")
        #expect(health.notReady == nil)
        health.markNotReady("kafka", reason: "lost")
        #expect(health.notReady == "kafka: lost")
        health.markReady("kafka")
        #expect(health.notReady == nil)
    }
}
