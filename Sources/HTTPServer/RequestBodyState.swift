/// The buffer between the connection that a request's body comes from and the handler that reads it, and who of the two
/// waits for the other. It does no I/O.
///
/// `Waiter` is the continuation of the reader; tests put something simpler there.
struct RequestBodyState<Waiter: Sendable>: Sendable {
    /// What the reader finds: bytes, or `nil` at the end.
    typealias Portion = Result<[UInt8]?, RequestBodyError>

    /// What to do after a step, outside of the lock.
    struct Action: Sendable {
        /// Wake the reader with this.
        var resume: (waiter: Waiter, portion: Portion)?
    }

    private enum Phase {
        case receiving
        /// All of it has come.
        case complete
        /// It will never be whole.
        case broken(RequestBodyError)
        /// Nobody reads it any more.
        case unwanted
    }

    private let highWater: Int
    private var buffer: [UInt8] = []
    private var phase = Phase.receiving
    private var reader: Waiter?

    /// Whether the connection stands still. Set by who suspends and resumes it.
    var isSuspended = false

    /// - Parameter highWater: the connection waits above so many bytes, and goes on when the reader has taken them.
    init(highWater: Int) { self.highWater = highWater }

    /// Whether the connection is to be suspended.
    var mustSuspend: Bool {
        guard case .receiving = phase else { return false }
        return !isSuspended && buffer.count > highWater
    }

    /// Whether the connection is to be resumed.
    var mustResume: Bool { isSuspended && buffer.isEmpty }

    // MARK: The connection's side

    /// Bytes have come.
    mutating func append(_ bytes: [UInt8]) -> Action {
        guard case .receiving = phase else { return Action() }
        if buffer.isEmpty { buffer = bytes } else { buffer += bytes }
        return settle()
    }

    /// The body is whole.
    mutating func end() -> Action {
        guard case .receiving = phase else { return Action() }
        phase = .complete
        return settle()
    }

    /// The rest of the body will not come.
    mutating func fail(_ error: RequestBodyError) -> Action {
        guard case .receiving = phase else { return Action() }
        phase = .broken(error)
        buffer = []
        return settle()
    }

    // MARK: The reader's side

    /// Hands over what there is, now or when there is something.
    mutating func awaitNext(_ waiter: Waiter) -> Action {
        guard reader == nil else { return Action(resume: (waiter, .failure(.readTwice))) }
        reader = waiter
        return settle()
    }

    /// The reader waits no longer.
    mutating func cancelReader() -> Action {
        guard let reader else { return Action() }
        self.reader = nil
        return Action(resume: (reader, .failure(.cancelled)))
    }

    /// Nobody wants the body any more: what comes is dropped, without a pause.
    mutating func discard() -> Action {
        switch phase {
        case .receiving, .complete: phase = .unwanted
        case .broken, .unwanted: break
        }
        buffer = []
        return settle()
    }

    private mutating func settle() -> Action {
        guard let reader, let portion = takePortion() else { return Action() }
        self.reader = nil
        return Action(resume: (reader, portion))
    }

    private mutating func takePortion() -> Portion? {
        if !buffer.isEmpty {
            defer { buffer = [] }
            return .success(buffer)
        }
        switch phase {
        case .receiving: return nil
        case .complete: return .success(nil)
        case .broken(let error): return .failure(error)
        case .unwanted: return .failure(.cancelled)
        }
    }
}
