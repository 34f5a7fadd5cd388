import Concurrency

/// Carries a streamed request body from the stream it comes from to the loop, no faster than it is sent.
final class Upload: Sendable {
    private let state: Locked<UploadState<CheckedContinuation<Bool, Never>>>
    private let chunks: AsyncThrowingStream<[UInt8], any Error>
    private let length: Int?
    private let pump = Locked<Task<Void, Never>?>(nil)

    init(length: Int?, chunks: AsyncThrowingStream<[UInt8], any Error>, capacity: Int) {
        state = Locked(UploadState(length: length, capacity: capacity))
        self.chunks = chunks
        self.length = length
    }

    /// Whether the transfer waits for bytes.
    var isPaused: Bool { state.withLock { $0.isPaused } }

    /// Begins to read the stream.
    ///
    /// - Parameters:
    ///   - proceed: there are bytes again for a transfer that waits for them.
    ///   - fail: the stream failed, or its length is not the announced one.
    func start(proceed: @escaping @Sendable () -> Void, fail: @escaping @Sendable (any Error) -> Void) {
        let task = Task {
            do {
                try await self.run(proceed)
            } catch {
                fail(error)
            }
        }
        pump.withLock { $0 = task }
    }

    /// Up to `count` bytes to send.
    func take(_ count: Int) -> UploadPortion {
        let (portion, action) = state.withLock { $0.take(count) }
        perform(action, {})
        return portion
    }

    /// The transfer is over: stops reading.
    func stop() {
        perform(state.withLock { $0.breakOff() }, {})
        pump.withLock { $0 }?.cancel()
    }

    private func run(_ proceed: @Sendable () -> Void) async throws {
        for try await chunk in chunks {
            let (isTaken, action) = state.withLock { $0.append(chunk) }
            perform(action, proceed)
            guard isTaken else { return try giveUp() }
            let wantsMore = await withCheckedContinuation { continuation in
                perform(state.withLock { $0.awaitRoom(continuation) }, proceed)
            }
            guard wantsMore else { return }
        }
        guard !Task.isCancelled else { return }
        let (isComplete, action) = state.withLock { $0.finish() }
        perform(action, proceed)
        if !isComplete { try giveUp() }
    }

    private func giveUp() throws {
        guard !Task.isCancelled else { return }
        throw HTTPClientError(.invalidRequest, "it does not have the announced length of \(length ?? 0) bytes")
    }

    private func perform(
        _ action: UploadState<CheckedContinuation<Bool, Never>>.Action, _ proceed: @Sendable () -> Void
    ) {
        if action.continuesTransfer { proceed() }
        action.resume?.waiter.resume(returning: action.resume?.wantsMore ?? false)
    }
}
