import CMicrohttpd
import Concurrency

/// Carries a request's body from its connection to the handler as it comes, suspending the connection while the handler is
/// slower.
///
/// libmicrohttpd may hand over the next chunk of a connection that has just been suspended, and must not be asked to
/// suspend one twice. So suspending and resuming happen under the lock that guards the state: what the state says and
/// what libmicrohttpd knows is the same at all times.
///
/// `@unchecked Sendable` is safe: `state` is locked; `connection` is used off its thread only to resume it while it is
/// suspended, when libmicrohttpd keeps it.
@safe final class RequestBodyFeed: @unchecked Sendable {
    private typealias State = RequestBodyState<CheckedContinuation<[UInt8]?, any Error>>

    private static let highWater = 131_072

    private let engine: Engine
    private let exchange: Exchange
    private let connection: OpaquePointer
    private let state = Locked(State(highWater: highWater))

    init(engine: Engine, exchange: Exchange, connection: OpaquePointer) {
        self.engine = engine
        self.exchange = exchange
        unsafe self.connection = connection
    }

    /// Bytes have come; called on the connection's thread. False when the connection must be cut.
    func receive(_ bytes: [UInt8]) -> Bool {
        var isAllowed = true
        step { state in
            let action = state.append(bytes)
            if state.mustSuspend {
                isAllowed = engine.beginSuspension(exchange)
                if isAllowed {
                    unsafe MHD_suspend_connection(connection)
                    state.isSuspended = true
                }
            }
            return action
        }
        return isAllowed
    }

    /// The body is whole.
    func end() { step { $0.end() } }

    /// The rest of it will not come.
    func fail(_ error: RequestBodyError) { step { $0.fail(error) } }

    /// What comes from now on is dropped.
    func discard() { step { $0.discard() } }

    /// What the handler reads.
    func next() async throws -> [UInt8]? {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                step { $0.awaitNext(continuation) }
                // Cancelled before it waited: the handler below has found nobody.
                if Task.isCancelled { step { $0.cancelReader() } }
            }
        } onCancel: {
            step { $0.cancelReader() }
        }
    }

    private func step(_ change: (inout State) -> State.Action) {
        let action = state.withLock { state in
            let action = change(&state)
            if state.mustResume {
                state.isSuspended = false
                unsafe MHD_resume_connection(connection)
                engine.endSuspension(exchange)
            }
            return action
        }
        if let (waiter, portion) = action.resume { waiter.resume(with: portion.mapError { $0 as any Error }) }
    }
}
