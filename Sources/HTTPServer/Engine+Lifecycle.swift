import CMicrohttpd
import Concurrency
import Dispatch
import Glibc
import Observability
import Synchronization

extension Engine {
    func start() throws(HTTPServerError) {
        try state.withLock { state throws(HTTPServerError) in
            switch state.phase {
            case .idle: break
            case .running: return
            case .draining, .halting, .stopped:
                throw HTTPServerError(
                    .alreadyStopped, "\(name) has been shut down and cannot start again; make a new server")
            }
            let socket = try ListenSocket(host: configuration.host, port: configuration.port)
            guard let daemon = startDaemon() else {
                Glibc.close(socket.descriptor)
                throw startError()
            }
            listening.enter()
            state.acceptor = Acceptor(
                socket, limit: configuration.maxConnections, daemon: daemon, logger: logger,
                makeRoom: { [weak self] in self?.closeIdle() }
            ) { [listening] in listening.leave() }
            state.daemon = daemon
            state.port = socket.port
            state.phase = .running
        }
        armSweep()
    }

    /// Stops listening and lets what is in flight end, within the time-out.
    func drain() {
        let limit = configuration.shutdownTimeout ?? configuration.handlerTimeout
        let acceptor = state.withLock { state -> Acceptor? in
            guard case .running = state.phase else { return nil }
            state.phase = .draining
            hasBegunToEnd.store(true, ordering: .relaxed)
            return state.acceptor
        }
        guard let acceptor else { return haltUnlessRunning() }
        acceptor.stop()
        control.asyncAfter(deadline: .now() + .milliseconds(max(1, limit.milliseconds))) { [weak self] in
            self?.halt()
        }
        listening.notify(queue: control) { [self] in
            control.asyncAfter(deadline: .now() + Self.settleTime) { [self] in
                exchanges.notify(queue: control) { [self] in halt() }
            }
        }
    }

    /// Ends at once: what is suspended is answered 503, streams are cut, connections closed.
    func halt() {
        let (acceptor, pending, streams) = state.withLock { state -> (Acceptor?, [Exchange], [StreamFeed]) in
            switch state.phase {
            case .idle:
                state.phase = .stopped
                return (nil, [], [])
            case .running, .draining:
                state.phase = .halting
                hasBegunToEnd.store(true, ordering: .relaxed)
                return (state.acceptor, state.pending.values.map(\.exchange), Array(state.streams.values))
            case .halting, .stopped: return (nil, [], [])
            }
        }
        guard let acceptor else { return resumeWaitersIfStopped() }
        acceptor.stop()
        for exchange in pending { exchange.giveUp("the server is shutting down") }
        for stream in streams { stream.cut() }
        suspensions.notify(queue: control) { [self] in
            listening.notify(queue: control) { [self] in
                // On a thread of its own: both the wait and the joining of the daemon's threads block.
                DispatchQueue.global().async { [self] in
                    _ = exchanges.wait(timeout: .now() + Self.farewellTime)
                    stopDaemon()
                }
            }
        }
    }

    /// Returns when all is down.
    func stopped() async {
        await withCheckedContinuation { continuation in
            let isStopped = state.withLock { state in
                if case .stopped = state.phase { return true }
                state.waiters.append(continuation)
                return false
            }
            if isStopped { continuation.resume() }
        }
    }

    /// A server that never ran has nothing to drain.
    private func haltUnlessRunning() {
        let isIdle = state.withLock { if case .idle = $0.phase { true } else { false } }
        if isIdle { halt() }
    }

    private func stopDaemon() {
        let daemon = state.withLock { state in
            defer { state.daemon = nil }
            return state.daemon
        }
        daemon?.stop()
        state.withLock {
            $0.acceptor = nil
            $0.phase = .stopped
        }
        // The daemon's callbacks held it.
        if daemon != nil { unsafe Unmanaged.passUnretained(self).release() }
        resumeWaitersIfStopped()
    }

    private func resumeWaitersIfStopped() {
        let waiters = state.withLock { state -> [CheckedContinuation<Void, Never>] in
            guard case .stopped = state.phase else { return [] }
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume() }
    }

    private func startDaemon() -> Daemon? {
        let context = unsafe Unmanaged.passRetained(self)
        var settings = unsafe cmhd_settings()
        unsafe settings.context = context.toOpaque()
        unsafe settings.threads = UInt32(max(1, configuration.threads))
        // Connections are counted by the acceptor; each thread must be able to take its share and the imbalance.
        unsafe settings.connection_limit =
            UInt32(configuration.maxConnections + 64) * UInt32(max(1, configuration.threads))
        unsafe settings.timeout_seconds = UInt32(max(1, configuration.idleTimeout.seconds.rounded(.up)))
        // Half of it is the read buffer that the head must fit into.
        unsafe settings.memory_limit = max(2 * configuration.maxHeaderBytes, 8192)
        unsafe Callbacks.install(in: &settings)
        let daemon: Daemon?
        if let tls = configuration.tls {
            let certificate = tls.certificatePEM.map { CChar(bitPattern: $0) } + [0]
            let key = tls.privateKeyPEM.value.map { CChar(bitPattern: $0) } + [0]
            daemon = unsafe certificate.withUnsafeBufferPointer { certificate in
                unsafe key.withUnsafeBufferPointer { key in
                    unsafe settings.certificate_pem = certificate.baseAddress
                    unsafe settings.private_key_pem = key.baseAddress
                    return unsafe Daemon(settings)
                }
            }
        } else {
            daemon = unsafe Daemon(settings)
        }
        if daemon == nil { unsafe context.release() }
        return daemon
    }

    private func startError() -> HTTPServerError {
        let reason = lastLine.withLock { $0 }
        let address = "\(configuration.host):\(configuration.port)"
        if configuration.tls != nil {
            return HTTPServerError(
                .invalidTLS,
                "\(name) cannot serve HTTPS on \(address): \(reason); check that certificate and key are PEM and belong "
                    + "to each other")
        }
        return HTTPServerError(
            .startFailed, "\(name) cannot start on \(address): \(reason); check the limits of this process",
            isRetriable: true)
    }

    private func armSweep() {
        let interval = min(max(configuration.requestTimeout / 4, .milliseconds(250)), .seconds(5))
        control.asyncAfter(deadline: .now() + .milliseconds(interval.milliseconds)) { [weak self] in self?.sweep() }
    }

    /// Cuts the connections whose request takes too long to arrive.
    private func sweep() {
        guard !hasStopped else { return }
        let now = Peer.now()
        // Under the lock: a connection leaves the table before its socket is closed.
        peers.withLock { peers in
            for peer in peers.values where peer.isOverdue(at: now) { end(peer) }
        }
        armSweep()
    }

    /// Ends a connection that is overdue. One whose request has begun is told so first, where that can be done, and has a moment
    /// to read it.
    private func end(_ peer: Peer) {
        guard peer.takeArriving() else { return peer.cut() }
        metrics?.refused(.slow)
        guard configuration.tls == nil else { return peer.cut() }
        peer.refuse("408 Request Timeout", "the request took too long to arrive")
        peer.expect(within: Exchange.lingeringTime)
    }

    /// All connections are taken: closes those on which nothing has been under way for longest, a tenth of all at a time.
    private func closeIdle() {
        let now = Peer.now()
        let limit = max(1, configuration.crowdedIdleTimeout.milliseconds)
        // Under the lock: a connection leaves the table before its socket is closed.
        peers.withLock { peers in
            let idle = peers.values.map { (peer: $0, time: $0.idleTime(at: now)) }.filter { $0.time >= limit }
            for (peer, _) in idle.sorted(by: { $0.time > $1.time }).prefix(max(1, configuration.maxConnections / 10)) {
                metrics?.refused(.idle)
                peer.cut()
            }
        }
    }
}
