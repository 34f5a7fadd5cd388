import Concurrency
import Glibc

/// Random numbers of the kernel, taken many at a time: a system call for each was a sixth of the gateway's processor time.
struct RandomNumbers: RandomNumberGenerator, Sendable {
    private static let shared = Locked(RandomNumbers())

    private var numbers = [UInt64](repeating: 0, count: 32)
    private var left = 0

    private init() {}

    /// Calls `body` with numbers that nobody else gets.
    static func draw<Result: Sendable>(_ body: @Sendable (inout RandomNumbers) -> Result) -> Result {
        shared.withLock { body(&$0) }
    }

    mutating func next() -> UInt64 {
        if left == 0 { fill() }
        left -= 1
        return numbers[left]
    }

    private mutating func fill() {
        left = numbers.count
        let size = numbers.count * MemoryLayout<UInt64>.stride
        // 256 bytes, which is the most it gives at a time.
        if unsafe numbers.withUnsafeMutableBytes({ bytes -> Int32 in
            guard let start = bytes.baseAddress else { return -1 }
            return unsafe getentropy(start, size)
        }) == 0 {
            return
        }
        var random = SystemRandomNumberGenerator()
        for index in numbers.indices { numbers[index] = random.next() }
    }
}
