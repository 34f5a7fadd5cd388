import CCurl

/// One exchange under way in libcurl. Belongs to the loop's thread.
final class Transfer {
    let exchange: Exchange
    let handle: EasyHandle
    /// Takes the answer's head line by line.
    var parser = ResponseHeadParser()
    /// When a byte moved last, or the transfer began.
    var lastActivity: ContinuousClock.Instant
    /// The directions that stand still for want of the task: `CURLPAUSE_RECV`, `CURLPAUSE_SEND`. The exchange's own state
    /// is ahead of it between a wish to go on and the loop's doing so.
    var paused: CInt = 0
    private let deadline: ContinuousClock.Instant?

    init(_ exchange: Exchange, handle: EasyHandle, now: ContinuousClock.Instant) {
        self.exchange = exchange
        self.handle = handle
        lastActivity = now
        deadline = exchange.request.timeout.map { now + $0 }
    }

    /// What the clock says about a transfer.
    enum Verdict {
        /// Look again then; `nil`: never.
        case inTime(until: ContinuousClock.Instant?)
        case late(HTTPClientError)
    }

    func judge(at now: ContinuousClock.Instant) -> Verdict {
        let peer = exchange.peer
        if let deadline, let timeout = exchange.request.timeout, deadline <= now {
            return .late(HTTPClientError(.timedOut, "the exchange with \(peer) took longer than \(timeout)"))
        }
        guard let idleTimeout = exchange.request.idleTimeout else { return .inTime(until: deadline) }
        // It is not the peer's silence when one's own side has to move.
        if paused != 0 { lastActivity = now }
        let silent = lastActivity + idleTimeout
        guard silent > now else {
            return .late(HTTPClientError(.timedOut, "\(peer) kept silent for longer than \(idleTimeout)"))
        }
        return .inTime(until: deadline.map { min($0, silent) } ?? silent)
    }
}
