import Concurrency
import Testing

@Suite struct LockedTests {
    @Test func noIncrementIsLost() async {
        let count = Locked(0)
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask { for _ in 0..<10_000 { count.withLock { $0 += 1 } } }
            }
        }
        #expect(count.withLock { $0 } == 80_000)
    }

    @Test func theLockIsFreeAfterAnError() {
        struct Stop: Error {}
        let state = Locked(["a"])
        #expect(throws: Stop.self) {
            try state.withLock { state in
                state.append("b")
                throw Stop()
            }
        }
        #expect(state.withLock { $0 } == ["a", "b"])
    }
}
