import CCurl
import Glibc

/// libcurl's multi interface, driven by epoll on one thread. Made on any thread, then ``run()`` on one of its own; nothing
/// here is touched from elsewhere.
@safe final class TransferLoop {
    /// Handles kept for the next request; making one costs more than resetting it.
    private static let pooledHandles = 64

    private let multi: UnsafeMutableRawPointer
    private let poller: EventPoller
    let mailbox: LoopMailbox
    private let settings: TransferSettings
    private var transfers: [UInt64: Transfer] = [:]
    private var pool: [EasyHandle] = []
    private var deadlines = DeadlineQueue<UInt64, ContinuousClock.Instant>()
    /// When libcurl wants to be called for its own time-outs.
    private var timer: ContinuousClock.Instant?

    init(_ configuration: HTTPClient.Configuration, mailbox: LoopMailbox) throws(HTTPClientError) {
        guard CurlLibrary.isReady, let multi = unsafe curl_multi_init() else {
            throw HTTPClientError(.other, "libcurl could not be initialised; is there memory left?")
        }
        unsafe self.multi = unsafe multi
        do {
            poller = try EventPoller()
        } catch {
            unsafe curl_multi_cleanup(multi)
            throw error
        }
        self.mailbox = mailbox
        settings = TransferSettings(configuration)
        let context = unsafe Unmanaged.passUnretained(self).toOpaque()
        unsafe ccurl_multi_set_socket_callback(multi, watchSocket, context)
        unsafe ccurl_multi_set_timer_callback(multi, changeTimer, context)
        unsafe ccurl_multi_set_long(multi, CURLMOPT_MAX_HOST_CONNECTIONS, configuration.maxConnectionsPerHost)
        unsafe ccurl_multi_set_long(multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, configuration.maxConnections)
        unsafe ccurl_multi_set_long(multi, CURLMOPT_MAXCONNECTS, configuration.maxConnections)
    }

    deinit {
        pool = []
        unsafe curl_multi_cleanup(multi)
    }

    /// Works until the mailbox is shut down.
    func run() {
        poller.watch(mailbox.descriptor, for: .readable)
        while execute() {
            drive(poller.wait(nextWait()))
            takeResults()
            endLateTransfers()
        }
        for transfer in Array(transfers.values) {
            remove(transfer)
            transfer.exchange.finish(.shutDown(transfer.exchange.peer))
        }
    }

    // MARK: Errands

    /// `false` when the loop has to end.
    private func execute() -> Bool {
        let (commands, isClosed) = mailbox.take()
        for command in commands {
            switch command {
            case .start(let exchange) where isClosed: exchange.finish(.shutDown(exchange.peer))
            case .start(let exchange): start(exchange)
            case .resume(let id): resume(id)
            case .remove(let id): if let transfer = transfers[id] { remove(transfer) }
            }
        }
        return !isClosed
    }

    private func start(_ exchange: Exchange) {
        do throws(HTTPClientError) {
            let now = ContinuousClock.now
            let handle = if let pooled = pool.popLast() { pooled } else { try EasyHandle() }
            let transfer = Transfer(exchange, handle: handle, now: now)
            try transfer.configure(settings)
            let code = unsafe curl_multi_add_handle(multi, transfer.handle.pointer)
            guard code == CURLM_OK else {
                throw HTTPClientError(.other, "libcurl did not take the request: \(Self.text(code))")
            }
            transfers[exchange.id] = transfer
            judge(transfer, at: now)
        } catch {
            exchange.finish(error)
        }
    }

    private func resume(_ id: UInt64) {
        guard let transfer = transfers[id] else { return }
        let exchange = transfer.exchange
        transfer.lastActivity = .now
        // What stands still for another reason stays as it is. The write callback may be called from within here.
        let mask =
            (exchange.isReceivingPaused ? CURLPAUSE_RECV : 0) | (exchange.isSendingPaused ? CURLPAUSE_SEND : 0)
        transfer.paused = mask
        let code = unsafe curl_easy_pause(transfer.handle.pointer, mask)
        if code != CURLE_OK { finish(transfer, code) }
    }

    /// Takes the transfer out of libcurl, which closes its connection unless the answer was complete.
    private func remove(_ transfer: Transfer) {
        transfers[transfer.exchange.id] = nil
        unsafe curl_multi_remove_handle(multi, transfer.handle.pointer)
        transfer.handle.reset()
        if pool.count < Self.pooledHandles { pool.append(transfer.handle) }
    }

    // MARK: Sockets and results

    private func drive(_ events: [(descriptor: CInt, readiness: EventPoller.Readiness)]) {
        for (descriptor, readiness) in events where descriptor != mailbox.descriptor {
            // With neither bit libcurl looks at the socket itself: that is how it learns of a hang-up.
            var mask: CInt = 0
            if readiness.contains(.readable) { mask |= CURL_CSELECT_IN }
            if readiness.contains(.writable) { mask |= CURL_CSELECT_OUT }
            act(descriptor, mask)
        }
        if let due = timer, due <= .now {
            timer = nil
            act(CURL_SOCKET_BAD, 0)
        }
    }

    private func act(_ descriptor: CInt, _ mask: CInt) {
        var running: CInt = 0
        // What goes wrong with a transfer comes as its result; the code here is for misuse alone.
        unsafe curl_multi_socket_action(multi, descriptor, mask, &running)
    }

    private func takeResults() {
        var left: CInt = 0
        while let message = unsafe curl_multi_info_read(multi, &left) {
            guard unsafe message.pointee.msg == CURLMSG_DONE else { continue }
            // The message is gone once the handle is removed.
            let code = unsafe ccurl_message_result(message)
            var context: UnsafeMutableRawPointer?
            unsafe ccurl_get_pointer(message.pointee.easy_handle, CURLINFO_PRIVATE, &context)
            if let transfer = unsafe Transfer.of(context) { finish(transfer, code) }
        }
    }

    private func finish(_ transfer: Transfer, _ code: CURLcode) {
        let exchange = transfer.exchange
        let error =
            code == CURLE_OK
            ? nil
            : HTTPClientError(
                code: code, text: transfer.handle.failureText, target: exchange.request.target,
                wasSent: exchange.wasSent)
        remove(transfer)
        exchange.finish(error)
    }

    // MARK: Time

    /// How long nothing has to be done unless something happens.
    private func nextWait() -> Duration? {
        guard let next = [timer, deadlines.earliest].compactMap(\.self).min() else { return nil }
        return ContinuousClock.now.duration(to: next)
    }

    private func endLateTransfers() {
        let now = ContinuousClock.now
        while let id = deadlines.popDue(now) {
            if let transfer = transfers[id] { judge(transfer, at: now) }
        }
    }

    private func judge(_ transfer: Transfer, at now: ContinuousClock.Instant) {
        switch transfer.judge(at: now) {
        case .inTime(until: let instant?): deadlines.insert(transfer.exchange.id, at: instant)
        case .inTime(until: nil): break
        case .late(let error):
            remove(transfer)
            transfer.exchange.finish(error)
        }
    }

    // MARK: What libcurl asks for

    fileprivate func watch(_ descriptor: CInt, _ what: CInt) {
        switch what {
        case CURL_POLL_IN: poller.watch(descriptor, for: .readable)
        case CURL_POLL_OUT: poller.watch(descriptor, for: .writable)
        case CURL_POLL_INOUT: poller.watch(descriptor, for: [.readable, .writable])
        // CURL_POLL_REMOVE, or nothing to wait for at present.
        default: poller.watch(descriptor, for: [])
        }
    }

    /// - Parameter milliseconds: from now; negative for never.
    fileprivate func setTimer(_ milliseconds: Int) {
        timer = milliseconds < 0 ? nil : ContinuousClock.now + .milliseconds(milliseconds)
    }

    private static func text(_ code: CURLMcode) -> String { unsafe String(cString: curl_multi_strerror(code)) }
}

private func watchSocket(
    _ easy: UnsafeMutableRawPointer?, _ descriptor: CInt, _ what: CInt, _ context: UnsafeMutableRawPointer?,
    _ socket: UnsafeMutableRawPointer?
) -> CInt {
    if let context = unsafe context {
        unsafe Unmanaged<TransferLoop>.fromOpaque(context).takeUnretainedValue().watch(descriptor, what)
    }
    return 0
}

private func changeTimer(
    _ multi: UnsafeMutableRawPointer?, _ milliseconds: Int, _ context: UnsafeMutableRawPointer?
) -> CInt {
    if let context = unsafe context {
        unsafe Unmanaged<TransferLoop>.fromOpaque(context).takeUnretainedValue().setTimer(milliseconds)
    }
    return 0
}
