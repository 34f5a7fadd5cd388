import KubernetesTypes
import Testing

@testable import Operator

@Suite struct BotMemoryTests {
    @Test func aBotThatFallsAsleepRightAfterItsWakeIsWokenAgain() {
        let memory = BotMemory()
        let bot = ObjectKey(namespace: "bots", name: "echo")
        let now = ContinuousClock.now
        func mayWake(after seconds: Int) -> Bool {
            memory.with(bot) { $0.mayWake(at: now + .seconds(seconds)) }
        }
        #expect(mayWake(after: 0))
        // The watch is behind: the workers are not seen yet.
        #expect(!mayWake(after: 1))
        memory.update(bot) { $0.sawWorkers() }
        #expect(mayWake(after: 2))
        // They never came.
        #expect(!mayWake(after: 3))
        #expect(mayWake(after: 8))
    }
}
