import CMicrohttpd
import Concurrency
import HTTPTypes

/// One request and its answer, from the request line to the last byte sent.
///
/// libmicrohttpd calls ``step(_:_:_:_:)`` on the connection's thread: once with the head, then for every piece of the body,
/// then, when the request is complete, until an answer is queued.
///
/// `@unchecked Sendable` is safe: `stage` and the request's parts are touched by the connection's thread alone, and the
/// handler gets a copy; `shared` is locked; `connection` is used off its thread only to resume it while it is suspended,
/// when libmicrohttpd keeps it.
@safe final class Exchange: @unchecked Sendable {
    private enum Stage {
        case head
        case body
        /// The handler runs and reads the body as it comes.
        case streaming
        /// The answer was sent in the middle of the body; what still comes is dropped until the client has read it.
        case refused
        case handling
        case answered
    }

    private struct Shared: Sendable {
        var state = ExchangeState()
        var task: Task<Void, Never>?
        /// Of a body that is passed on as it comes.
        var feed: RequestBodyFeed?
    }

    private let engine: Engine
    private let connection: OpaquePointer
    private let peer: Peer
    private let target: String
    private let shared = Locked(Shared())

    private var stage = Stage.head
    private var method = HTTPMethod.get
    private var headers = HTTPHeaders()
    private var body: [UInt8] = []
    /// Bytes of the body that are counted as held.
    private var held = 0
    /// There was no room for the body: it is read and not kept, and so is what follows.
    private var dropped: Int?
    /// Bytes of the body that were over the limit and not kept.
    private var excess = 0
    /// Bytes of a body that is passed on as it comes.
    private var received = 0
    private var start = ContinuousClock.now

    init(engine: Engine, connection: OpaquePointer, peer: Peer, target: String) {
        self.engine = engine
        unsafe self.connection = connection
        self.peer = peer
        self.target = target
    }

    /// What libmicrohttpd asks next. `MHD_NO` cuts the connection.
    func step(
        _ method: UnsafePointer<CChar>, _ version: UnsafePointer<CChar>, _ upload: UnsafePointer<CChar>?,
        _ size: UnsafeMutablePointer<Int>
    ) -> MHD_Result {
        switch stage {
        case .head:
            stage = .body
            self.method = HTTPMethod(rawValue: unsafe String(cString: method))
            headers = unsafe RequestHead.headers(of: connection)
            return receiveHead(version: unsafe String(cString: version))
        case .body:
            if let upload = unsafe upload, unsafe size.pointee > 0 {
                let bytes = unsafe UnsafeRawBufferPointer(start: upload, count: size.pointee)
                unsafe size.pointee = 0
                return unsafe receive(bytes)
            }
            stage = .handling
            guard peer.hasArrived() else { return cmhd_no }
            if excess > 0 {
                engine.metrics?.refused(.bodyTooLarge)
                return deliver(.refusal(.payloadTooLarge, "the body is too large"))
            }
            return dropped == nil ? handle() : deliver(crowded())
        case .streaming:
            if let upload = unsafe upload, unsafe size.pointee > 0 {
                let bytes = unsafe Array(UnsafeRawBufferPointer(start: upload, count: size.pointee))
                unsafe size.pointee = 0
                return stream(bytes)
            }
            stage = .handling
            guard peer.hasArrived() else { return cmhd_no }
            shared.withLock { $0.feed }?.end()
            return deliverOrSuspend()
        case .refused:
            guard unsafe size.pointee > 0 else { return cmhd_no }
            excess += unsafe size.pointee
            unsafe size.pointee = 0
            return excess <= Self.lingeringBytes ? cmhd_yes : cmhd_no
        case .handling:
            return deliverOrSuspend()
        case .answered:
            return cmhd_yes
        }
    }

    /// Gives the request an answer from outside and cancels its handler: the deadline has passed or the server ends.
    func giveUp(_ reason: String) {
        let task = shared.withLock { $0.task }
        finish(.text("\(reason)\n", .serviceUnavailable))
        task?.cancel()
    }

    /// libmicrohttpd has sent the answer or lost the connection.
    ///
    /// - Parameter status: of the answer, 0 when there was none.
    func close(status: Int) {
        switch stage {
        case .head, .body:
            if status > 0 { engine.metrics?.refused(HTTPStatus(rawValue: status)) }
        case .streaming, .refused, .handling, .answered: break
        }
        engine.letGo(held)
        held = 0
        let (task, feed) = shared.withLock { shared in
            defer {
                shared.task = nil
                shared.feed = nil
            }
            return (shared.state.close() ? shared.task : nil, shared.feed)
        }
        feed?.fail(.connectionLost)
        task?.cancel()
        peer.expectNext(within: engine.configuration.idleTimeout + engine.configuration.requestTimeout)
    }

    /// How much of a body is read and dropped behind its refusal. A client that is cut off at once while it sends may
    /// lose the answer with the connection.
    private static let lingeringBytes = 1 << 20
    /// And for how long.
    static let lingeringTime = Duration.seconds(2)

    private func receiveHead(version: String) -> MHD_Result {
        let configuration = engine.configuration
        let verdict = HeadCheck.verdict(
            target: target, version: version, headers: headers, maxHeaderBytes: configuration.maxHeaderBytes,
            maxBodyBytes: configuration.maxBodyBytes)
        switch verdict {
        case .refuse(let status, let reason):
            // Answered before the body is read: libmicrohttpd closes the connection behind the answer.
            guard peer.hasArrived() else { return cmhd_no }
            engine.metrics?.refused(Refusal(status))
            return deliver(.refusal(status, reason))
        case .body(let length):
            if let limit = configuration.streamedBodyBytes {
                let isChunked = headers["Transfer-Encoding"] != nil
                if isChunked || length > limit { return handleStreaming(length: isChunked ? nil : length) }
            }
            if engine.isFilling, let refusal = configuration.refusalWhileFilling {
                let head = HTTPServerRequest(
                    method: method, target: target, headers: headers, remoteAddress: peer.remoteAddress)
                if var answer = refusal(head) {
                    guard peer.hasArrived() else { return cmhd_no }
                    answer.headers["Connection"] = "close"
                    return deliver(answer)
                }
            }
            // No more than a small one at once: what is only announced must not take memory.
            body.reserveCapacity(min(length, 65_536))
            return cmhd_yes
        }
    }

    /// Begins to handle the request while its body still comes. Its answer is sent behind the body: libmicrohttpd takes
    /// none in the middle of it.
    private func handleStreaming(length: Int?) -> MHD_Result {
        stage = .streaming
        let feed = unsafe RequestBodyFeed(engine: engine, exchange: self, connection: connection)
        shared.withLock { $0.feed = feed }
        var request = HTTPServerRequest(
            method: method, target: target, headers: headers, remoteAddress: peer.remoteAddress)
        request.stream = HTTPServerBody(length: length) { try await feed.next() }
        start = .now
        let handler = engine.handler
        let task = Task.immediate { [request] in self.finish(await handler(request)) }
        shared.withLock { $0.task = task }
        return cmhd_yes
    }

    /// Passes a piece of the body on.
    private func stream(_ bytes: [UInt8]) -> MHD_Result {
        guard let feed = shared.withLock({ $0.feed }) else { return cmhd_no }
        received += bytes.count
        if received <= engine.configuration.maxBodyBytes { return feed.receive(bytes) ? cmhd_yes : cmhd_no }
        feed.fail(.tooLarge)
        guard engine.configuration.tls == nil else { return cmhd_no }
        return refuseMidway()
    }

    /// Answers 413 in the middle of a body, past libmicrohttpd. Only on a plain connection.
    private func refuseMidway() -> MHD_Result {
        stage = .refused
        engine.metrics?.refused(HTTPStatus.payloadTooLarge)
        engine.metrics?.refused(.bodyTooLarge)
        peer.refuse("413 Content Too Large", "the body is too large")
        peer.expectNothing()
        peer.expect(within: Self.lingeringTime)
        return cmhd_yes
    }

    private func receive(_ bytes: UnsafeRawBufferPointer) -> MHD_Result {
        let limit = engine.configuration.maxBodyBytes
        if excess == 0, bytes.count <= limit - (dropped ?? body.count) {
            if let before = dropped {
                dropped = before + bytes.count
            } else if engine.hold(bytes.count) {
                held += bytes.count
                unsafe body.append(contentsOf: bytes)
            } else {
                dropped = body.count + bytes.count
                letBodyGo()
            }
            return cmhd_yes
        }
        letBodyGo()
        excess += bytes.count
        // libmicrohttpd takes no answer in the middle of a body. On a plain connection it is written past it; on one with
        // TLS a body that is not much too large is read to its end to be answered, and others are cut.
        if engine.configuration.tls == nil { return refuseMidway() }
        return excess <= Self.lingeringBytes ? cmhd_yes : cmhd_no
    }

    /// The body is not kept.
    private func letBodyGo() {
        body = []
        engine.letGo(held)
        held = 0
    }

    /// The answer to a request whose body there was no room for. Its connection is as good as before.
    private func crowded() -> HTTPServerResponse {
        var response = HTTPServerResponse.text("too much is waiting here, try again later\n", .serviceUnavailable)
        response.headers["Retry-After"] = "\(engine.configuration.retryAfterSeconds)"
        engine.metrics?.refused(.crowded)
        return response
    }

    private func handle() -> MHD_Result {
        let request = HTTPServerRequest(
            method: method, target: target, headers: headers, body: body, remoteAddress: peer.remoteAddress)
        body = []
        start = .now
        if let callback = engine.callback?(request) {
            callback.call(request) { self.finish($0) }
            return deliverOrSuspend()
        }
        let handler = engine.handler
        let task = Task.immediate { self.finish(await handler(request)) }
        if let answer = shared.withLock({ $0.state.take() }) { return deliver(answer) }
        shared.withLock { $0.task = task }
        return deliverOrSuspend()
    }

    private func deliverOrSuspend() -> MHD_Result {
        if let answer = shared.withLock({ $0.state.take() }) { return deliver(answer) }
        guard engine.beginSuspension(self, since: start) else {
            giveUp("the server is shutting down")
            return deliver(shared.withLock { $0.state.take() } ?? .abort)
        }
        unsafe MHD_suspend_connection(connection)
        if !shared.withLock({ $0.state.suspended() }) { resume() }
        return cmhd_yes
    }

    private func finish(_ response: HTTPServerResponse) {
        let (arrival, feed) = shared.withLock { ($0.state.answer(response), $0.feed) }
        if arrival == .keptForResumption { resume() }
        // What the handler has not read is nobody's any more; the answer waits until it has come.
        feed?.discard()
    }

    private func resume() {
        unsafe MHD_resume_connection(connection)
        engine.endSuspension(self)
    }

    private func deliver(_ response: HTTPServerResponse) -> MHD_Result {
        stage = .answered
        shared.withLock { $0.task = nil }
        engine.metrics?.answered(response, after: ContinuousClock.now - start)
        return unsafe Answer.queue(response, to: method, on: connection, engine: engine)
    }
}
