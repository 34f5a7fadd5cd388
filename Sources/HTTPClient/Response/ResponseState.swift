/// What is known of one exchange, shared by the thread that moves the bytes and the task that waits for them. It does no
/// I/O: each step returns what to do, to be done outside the lock that guards it.
///
/// `Waiter` is the continuation of the task; tests put something simpler there.
struct ResponseState<Waiter: Sendable>: Sendable {
    /// What to do after a step.
    struct Action: Sendable {
        /// Wake the waiter with this.
        var resume: (waiter: Waiter, result: Result<ResponseEvent, HTTPClientError>)?
        /// Tell the loop that there is room for more bytes.
        var continuesTransfer = false
        /// Tell the loop to take the transfer out.
        var removesTransfer = false
    }

    /// What becomes of bytes that came in.
    enum Reception: Sendable {
        case taken(Action)
        /// No room: they are to come again later.
        case paused
        /// The transfer is over: they are to be dropped and the connection closed.
        case refused(Action)
    }

    private enum Ending: Sendable {
        case complete
        case failed(HTTPClientError)
    }

    private let delivery: ResponseDelivery
    private var head: ResponseHead?
    private var headIsDelivered = false
    private var buffer: [UInt8] = []
    private var ending: Ending?
    private var waiter: Waiter?
    private var sendings = 0

    /// Whether the transfer stands still for want of a reader.
    private(set) var isPaused = false

    init(_ delivery: ResponseDelivery) { self.delivery = delivery }

    /// Whether bytes of the request may have gone out.
    var wasSent: Bool { sendings > 0 }

    // MARK: The task's side

    /// Hands over the next event, now or when there is one.
    mutating func awaitNext(_ waiter: Waiter) -> Action {
        guard self.waiter == nil else {
            let error = HTTPClientError(
                .other, "two tasks read one response; give it to one of them", requestWasSent: wasSent)
            return Action(resume: (waiter, .failure(error)))
        }
        self.waiter = waiter
        return settle()
    }

    /// Ends the exchange because nobody wants the answer any more.
    mutating func cancel(_ error: HTTPClientError) -> Action {
        guard ending == nil else { return Action() }
        buffer = []
        var action = fail(error)
        action.removesTransfer = true
        return action
    }

    // MARK: The loop's side

    /// Asked right before the request goes out on a connection, each time it does; `false`: it must not. libcurl tries again
    /// by itself when a kept-alive connection dies without an answer, which is not for it to decide.
    mutating func beginSending(canRepeat: Bool, lost: HTTPClientError) -> (isAllowed: Bool, action: Action) {
        guard ending == nil else { return (false, Action()) }
        guard sendings == 0 || canRepeat else { return (false, fail(lost)) }
        sendings += 1
        return (true, Action())
    }

    /// The head is complete; more than the limit announced there ends the exchange.
    mutating func receive(_ head: ResponseHead, announced: Int?, tooLarge: HTTPClientError) -> Reception {
        guard ending == nil else { return .refused(Action()) }
        self.head = head
        if case .whole(let limit) = delivery, let announced {
            guard announced <= limit else { return .refused(fail(tooLarge)) }
            buffer.reserveCapacity(announced)
        }
        return .taken(settle())
    }

    /// Bytes of the body came in.
    mutating func receive(_ bytes: [UInt8], tooLarge: HTTPClientError) -> Reception {
        guard ending == nil else { return .refused(Action()) }
        switch delivery {
        case .whole(let limit):
            guard buffer.count + bytes.count <= limit else {
                buffer = []
                return .refused(fail(tooLarge))
            }
        case .streamed(let capacity):
            // An empty buffer takes a chunk of any size: else one larger than the capacity would never get through.
            guard buffer.isEmpty || buffer.count + bytes.count <= capacity else {
                isPaused = true
                return .paused
            }
        }
        if buffer.isEmpty, case .streamed = delivery { buffer = bytes } else { buffer += bytes }
        return .taken(settle())
    }

    /// The transfer is over; `error` when it did not get to its end. What came in before is still handed out.
    mutating func finish(_ error: HTTPClientError?) -> Action {
        guard ending == nil else { return Action() }
        if let error { return fail(error) }
        guard head != nil else {
            return fail(HTTPClientError(.invalidResponse, "the transfer ended without a response head"))
        }
        ending = .complete
        return settle()
    }

    // MARK: Both

    private mutating func fail(_ error: HTTPClientError) -> Action {
        var error = error
        error.requestWasSent = wasSent
        ending = .failed(error)
        return settle()
    }

    private mutating func settle() -> Action {
        guard let waiter else { return Action() }
        var action = Action()
        guard let result = nextResult(&action) else { return action }
        self.waiter = nil
        action.resume = (waiter, result)
        return action
    }

    private mutating func nextResult(_ action: inout Action) -> Result<ResponseEvent, HTTPClientError>? {
        switch delivery {
        case .whole:
            if case .complete = ending, let head { return .success(.whole(head, buffer)) }
        case .streamed:
            if let head, !headIsDelivered {
                headIsDelivered = true
                return .success(.head(head))
            }
            if !buffer.isEmpty {
                defer { buffer = [] }
                action.continuesTransfer = isPaused && ending == nil
                isPaused = false
                return .success(.chunk(buffer))
            }
            if case .complete = ending { return .success(.end) }
        }
        if case .failed(let error) = ending { return .failure(error) }
        return nil
    }
}
