import Concurrency
import Dispatch
import Observability
import Synchronization

/// The running part of a server: daemon, listening socket, and what is suspended or in flight.
///
/// libmicrohttpd aborts the process when it is stopped while a connection is suspended. So every suspension goes through
/// ``beginSuspension(_:)``, which refuses once the end has begun, and is counted in `suspensions` until the connection has
/// been resumed; the daemon is stopped when that group is empty.
final class Engine: Sendable {
    enum Phase {
        case idle
        /// Takes connections.
        case running
        /// Takes none; requests on those there are still answered, and their connections closed behind the answer.
        case draining
        /// Nothing is suspended any more; what was has been answered 503.
        case halting
        case stopped
    }

    typealias CallbackLookup = @Sendable (HTTPServerRequest) -> HTTPRouter.Callback?

    struct State {
        var phase = Phase.idle
        var port: UInt16 = 0
        var daemon: Daemon?
        var acceptor: Acceptor?
        /// Requests whose connection is suspended, with the time by which their handler must have answered.
        var pending: [ObjectIdentifier: (exchange: Exchange, deadline: ContinuousClock.Instant)] = [:]
        var isDeadlineArmed = false
        var streams: [ObjectIdentifier: StreamFeed] = [:]
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    /// After the listening socket is closed, requests that libmicrohttpd had not read yet get this long to show up.
    static let settleTime: DispatchTimeInterval = .milliseconds(100)
    /// How long the 503s of a forced end get to be sent.
    static let farewellTime: DispatchTimeInterval = .seconds(1)

    let configuration: HTTPServer.Configuration
    let name: String
    let logger: Logger
    let metrics: ServerMetrics?
    let handler: HTTPServer.Handler
    /// Finds what answers a request by a callback, in the handler's place.
    let callback: CallbackLookup?
    let state = Locked(State())
    let peers = Locked<[ObjectIdentifier: Peer]>([:])
    /// Set with the phases that follow `running`; asked for every answer, so it stands outside of the lock.
    let hasBegunToEnd = Atomic(false)
    /// Bytes of bodies that have come and whose requests are not answered yet.
    let heldBytes = Atomic(0)
    /// The last thing libmicrohttpd said, for the error when it does not start.
    let lastLine = Locked("")
    /// Timers and the end. Never one of the cooperative pool's threads, which handlers may have blocked.
    let control = DispatchQueue(label: "http-server.control")
    /// Connections that are suspended.
    let suspensions = DispatchGroup()
    /// Requests between their first line and the last byte of their answer.
    let exchanges = DispatchGroup()
    /// Entered while the listening socket is open.
    let listening = DispatchGroup()

    init(
        _ configuration: HTTPServer.Configuration, name: String, logger: Logger, metrics: ServerMetrics?,
        callback: CallbackLookup? = nil,
        handler: @escaping HTTPServer.Handler
    ) {
        self.callback = callback
        self.configuration = configuration
        self.name = name
        self.logger = logger
        self.metrics = metrics
        self.handler = handler
    }

    var port: UInt16 { state.withLock { $0.port } }

    var hasStopped: Bool {
        state.withLock { if case .stopped = $0.phase { true } else { false } }
    }

    /// Whether answers are to close their connections.
    var isEnding: Bool { hasBegunToEnd.load(ordering: .relaxed) }

    /// Counts a suspension. False when the end has begun: the connection must not be suspended.
    ///
    /// - Parameters:
    ///   - exchange: the request whose handler is waited for, within the handler's time-out.
    ///   - start: when the handler began.
    func beginSuspension(_ exchange: Exchange? = nil, since start: ContinuousClock.Instant = .now) -> Bool {
        let deadline = start + configuration.handlerTimeout
        let (isAllowed, mustArm) = state.withLock { state in
            switch state.phase {
            case .running, .draining: break
            case .idle, .halting, .stopped: return (false, false)
            }
            suspensions.enter()
            guard let exchange else { return (true, false) }
            state.pending[ObjectIdentifier(exchange)] = (exchange: exchange, deadline: deadline)
            defer { state.isDeadlineArmed = true }
            return (true, !state.isDeadlineArmed)
        }
        if mustArm { armDeadlines(after: configuration.handlerTimeout) }
        return isAllowed
    }

    /// The connection has been resumed.
    func endSuspension(_ exchange: Exchange? = nil) {
        if let exchange {
            state.withLock { _ = $0.pending.removeValue(forKey: ObjectIdentifier(exchange)) }
        }
        suspensions.leave()
    }

    /// Counts bytes of a body that are kept. False when there is no room for them: they must not be kept.
    func hold(_ bytes: Int) -> Bool {
        guard let limit = configuration.maxHeldBytes else { return true }
        guard heldBytes.add(bytes, ordering: .relaxed).newValue > limit else { return true }
        heldBytes.subtract(bytes, ordering: .relaxed)
        return false
    }

    /// Whether half of the room for bodies is taken.
    var isFilling: Bool {
        guard let limit = configuration.maxHeldBytes else { return false }
        return heldBytes.load(ordering: .relaxed) > limit / 2
    }

    /// Bytes that were counted are not kept any more.
    func letGo(_ bytes: Int) {
        if configuration.maxHeldBytes != nil { heldBytes.subtract(bytes, ordering: .relaxed) }
    }

    func opened(_ stream: StreamFeed) {
        state.withLock { $0.streams[ObjectIdentifier(stream)] = stream }
    }

    func closed(_ stream: StreamFeed) {
        state.withLock { _ = $0.streams.removeValue(forKey: ObjectIdentifier(stream)) }
    }

    private func armDeadlines(after duration: Duration) {
        let milliseconds = max(1, duration.milliseconds + 1)
        control.asyncAfter(deadline: .now() + .milliseconds(milliseconds)) { [weak self] in self?.expire() }
    }

    /// Answers for the handlers that are over their time, and sets the timer for the next.
    private func expire() {
        let now = ContinuousClock.now
        let (late, next) = state.withLock { state in
            let late = state.pending.values.filter { $0.deadline <= now }.map(\.exchange)
            let next = state.pending.values.map(\.deadline).filter { $0 > now }.min()
            state.isDeadlineArmed = next != nil
            return (late, next)
        }
        for exchange in late { exchange.giveUp("the handler took too long") }
        // Not sooner than in 10 ms: with many requests pending their deadlines stand close together.
        if let next { armDeadlines(after: max(next - now, .milliseconds(10))) }
    }
}
