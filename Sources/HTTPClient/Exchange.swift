import Concurrency
import HTTPTypes

/// One request and its answer: the meeting point of the task that waits and the loop's thread that moves the bytes.
final class Exchange: Sendable {
    typealias State = ResponseState<CheckedContinuation<ResponseEvent, any Error>>

    /// What the loop knows the exchange by.
    let id: UInt64
    let request: PreparedRequest
    private let loop: LoopThread
    private let response: Locked<State>
    private let upload: Upload?

    init(_ request: PreparedRequest, delivery: ResponseDelivery, uploadBufferBytes: Int, loop: LoopThread) {
        id = loop.mailbox.makeID()
        self.request = request
        self.loop = loop
        response = Locked(ResponseState(delivery))
        if case .stream(let length, let chunks) = request.body {
            upload = Upload(length: length, chunks: chunks, capacity: uploadBufferBytes)
        } else {
            upload = nil
        }
    }

    /// `api.telegram.org` or `10.0.0.1:6443`, for messages.
    var peer: String { request.target.authority }

    // MARK: The task's side

    /// Hands the request to the loop.
    func start() {
        guard loop.mailbox.post(.start(self)) else { return finish(.shutDown(peer)) }
        upload?.start(
            proceed: { [loop, id] in loop.mailbox.post(.resume(id)) },
            fail: { [weak self] error in self?.bodyFailed(error) })
    }

    /// The next event of the answer; throws ``HTTPClientError``. Cancelling the task cancels the exchange.
    func next() async throws -> ResponseEvent {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                perform(response.withLock { $0.awaitNext(continuation) })
            }
        } onCancel: {
            cancel()
        }
    }

    /// Ends the exchange; nothing happens when it has ended.
    func cancel() {
        end(HTTPClientError(.cancelled, "the request to \(peer) was cancelled"))
    }

    private func bodyFailed(_ cause: any Error) {
        end(HTTPClientError(.other, "the body of the request to \(peer) failed: \(cause)", cause: cause))
    }

    private func end(_ error: HTTPClientError) {
        perform(response.withLock { $0.cancel(error) })
    }

    // MARK: The loop's side

    /// Whether bytes of the request may have gone out.
    var wasSent: Bool { response.withLock { $0.wasSent } }

    /// Whether receiving waits for the reader.
    var isReceivingPaused: Bool { response.withLock { $0.isPaused } }

    /// Whether sending waits for the maker of the body.
    var isSendingPaused: Bool { upload?.isPaused ?? false }

    /// Asked before the request goes out on a connection, each time it does.
    func beginSending() -> Bool {
        let lost = HTTPClientError(
            .connectionLost, "\(peer) closed a kept-alive connection without an answer; the request may have arrived")
        let canRepeat = request.canRepeat
        let (isAllowed, action) = response.withLock { $0.beginSending(canRepeat: canRepeat, lost: lost) }
        perform(action)
        return isAllowed
    }

    /// The answer's head is complete; `false` when the transfer has to end.
    func receive(_ head: ResponseHead) -> Bool {
        // What a HEAD request is told is the length of a body that does not come.
        let announced = request.method == .head ? nil : head.contentLength
        let tooLarge = tooLarge
        if case .refused = received(response.withLock { $0.receive(head, announced: announced, tooLarge: tooLarge) }) {
            return false
        }
        return true
    }

    /// Bytes of the answer's body came in.
    func receive(_ bytes: [UInt8]) -> State.Reception {
        let tooLarge = tooLarge
        return received(response.withLock { $0.receive(bytes, tooLarge: tooLarge) })
    }

    /// Up to `count` bytes of a streamed body.
    func takeUpload(_ count: Int) -> UploadPortion { upload?.take(count) ?? .end }

    /// The transfer is over, with an error when it did not get to its end.
    func finish(_ error: HTTPClientError?) {
        upload?.stop()
        perform(response.withLock { $0.finish(error) })
    }

    private var tooLarge: HTTPClientError {
        HTTPClientError(.bodyTooLarge, "the answer of \(peer) is longer than this client's maxResponseBytes")
    }

    private func received(
        _ reception: State.Reception
    ) -> State.Reception {
        switch reception {
        case .taken(let action), .refused(let action): perform(action)
        case .paused: break
        }
        return reception
    }

    private func perform(_ action: State.Action) {
        if action.removesTransfer {
            upload?.stop()
            loop.mailbox.post(.remove(id))
        }
        if action.continuesTransfer { loop.mailbox.post(.resume(id)) }
        if let (waiter, result) = action.resume { waiter.resume(with: result.mapError { $0 as any Error }) }
    }
}

extension HTTPClientError {
    /// The client was shut down before the answer was complete.
    static func shutDown(_ peer: String) -> HTTPClientError {
        HTTPClientError(.shutDown, "the HTTP client was shut down before \(peer) answered")
    }
}
