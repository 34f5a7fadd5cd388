import CMicrohttpd
import Concurrency
import HTTPTypes

/// One request and its answer, from the request line to the last byte sent.
///
/// libmicrohttpd calls ``step(_:_:_:)`` on the connection's thread: once with the head, then for every piece of the body,
/// then, when the request is complete, until an answer is queued.
///
/// `@unchecked Sendable` is safe: `stage` and the request's parts are touched by the connection's thread alone, and the
/// handler gets a copy; `shared` is locked; `connection` is used off its thread only to resume it while it is suspended,
/// when libmicrohttpd keeps it.
@safe final class Exchange: @unchecked Sendable {
    private enum Stage {
        case head
        case body
        case handling
        case answered
    }

    private struct Shared: Sendable {
        var state = ExchangeState()
        var task: Task<Void, Never>?
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
    /// Bytes of the body that were over the limit and not kept.
    private var excess = 0
    private var start = ContinuousClock.now

    init(engine: Engine, connection: OpaquePointer, peer: Peer, target: String) {
        self.engine = engine
        unsafe self.connection = connection
        self.peer = peer
        self.target = target
    }

    /// What libmicrohttpd asks next. `MHD_NO` cuts the connection.
    func step(
        _ method: UnsafePointer<CChar>, _ upload: UnsafePointer<CChar>?, _ size: UnsafeMutablePointer<Int>
    ) -> MHD_Result {
        switch stage {
        case .head:
            stage = .body
            self.method = HTTPMethod(rawValue: unsafe String(cString: method))
            headers = unsafe RequestHead.headers(of: connection)
            return receiveHead()
        case .body:
            if let upload = unsafe upload, unsafe size.pointee > 0 {
                let bytes = unsafe UnsafeRawBufferPointer(start: upload, count: size.pointee)
                unsafe size.pointee = 0
                return unsafe receive(bytes)
            }
            stage = .handling
            peer.expectNothing()
            return excess > 0 ? deliver(Self.tooLarge) : handle()
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
    func close() {
        let task = shared.withLock { shared in
            defer { shared.task = nil }
            return shared.state.close() ? shared.task : nil
        }
        task?.cancel()
        peer.expect(within: engine.configuration.idleTimeout + engine.configuration.requestTimeout)
    }

    private static let tooLarge: HTTPServerResponse = {
        var response = HTTPServerResponse.text("the body is too large\n", .payloadTooLarge)
        response.headers["Connection"] = "close"
        return response
    }()

    private func receiveHead() -> MHD_Result {
        guard let length = headers["Content-Length"].flatMap({ Int($0) }), length > 0 else { return cmhd_yes }
        if length > engine.configuration.maxBodyBytes {
            // Answered before the body is read: libmicrohttpd closes the connection behind the answer.
            peer.expectNothing()
            return deliver(Self.tooLarge)
        }
        body.reserveCapacity(length)
        return cmhd_yes
    }

    private func receive(_ bytes: UnsafeRawBufferPointer) -> MHD_Result {
        let limit = engine.configuration.maxBodyBytes
        if excess == 0, bytes.count <= limit - body.count {
            unsafe body.append(contentsOf: bytes)
            return cmhd_yes
        }
        // libmicrohttpd takes no answer in the middle of a body. One that is not much too large is read to its end to
        // be answered; else the connection is cut.
        body = []
        excess += bytes.count
        return excess <= limit + 65_536 ? cmhd_yes : cmhd_no
    }

    private func handle() -> MHD_Result {
        let request = HTTPServerRequest(
            method: method, target: target, headers: headers, body: body, remoteAddress: peer.remoteAddress)
        body = []
        start = .now
        let handler = engine.handler
        let task = Task.immediate { self.finish(await handler(request)) }
        if let answer = shared.withLock({ $0.state.take() }) { return deliver(answer) }
        shared.withLock { $0.task = task }
        return deliverOrSuspend()
    }

    private func deliverOrSuspend() -> MHD_Result {
        if let answer = shared.withLock({ $0.state.take() }) { return deliver(answer) }
        guard engine.beginSuspension(self) else {
            giveUp("the server is shutting down")
            return deliver(shared.withLock { $0.state.take() } ?? .abort)
        }
        unsafe MHD_suspend_connection(connection)
        if !shared.withLock({ $0.state.suspended() }) { resume() }
        return cmhd_yes
    }

    private func finish(_ response: HTTPServerResponse) {
        if shared.withLock({ $0.state.answer(response) }) == .keptForResumption { resume() }
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
