import Concurrency
import Glibc
import HTTPClient
import HTTPTypes
import Observability

/// Performs what the world decides: answers calls, delivers updates, keeps the time.
final class SimulatorCore: Sendable {
    private let world: Locked<World>
    private let start = ContinuousClock.now
    private let timeScale: Double
    private let http: HTTPClient
    private let deliveryTimeout: Duration
    private let metrics: SimulatorMetrics
    private let replies = PendingAnswers<APIReply>()
    private let waits = PendingAnswers<Void>()
    private let attempts: AsyncStream<DeliveryAttempt>
    private let attemptsContinuation: AsyncStream<DeliveryAttempt>.Continuation
    private let alarm = Locked<(at: Duration, task: Task<Void, Never>)?>(nil)
    private let resolvesHosts: Bool

    init(_ configuration: SimulatorConfiguration, metrics: SimulatorMetrics) throws {
        var settings = WorldSettings(
            allowInsecureWebhooks: configuration.allowInsecureWebhooks, enforcesLimits: configuration.enforcesLimits)
        settings.limits = .init(updates: configuration.pendingUpdates, bytes: configuration.pendingBytes)
        settings.recordCapacity = max(configuration.recordCapacity, 1)
        settings.recordBytes = max(configuration.recordBytes, 1)
        world = Locked(World(settings: settings, seed: configuration.seed ?? .random(in: 0...UInt64.max)))
        timeScale = configuration.timeScale
        deliveryTimeout = max(.seconds(60) * configuration.timeScale, configuration.shortestDeliveryTimeout)
        resolvesHosts = !configuration.allowInsecureWebhooks
        self.metrics = metrics
        (attempts, attemptsContinuation) = AsyncStream.makeStream()
        var client = HTTPClient.Configuration()
        client.maxConnectionsPerHost = 512
        client.maxConnections = 2048
        client.http2 = false
        client.maxResponseBytes = 1 << 20
        client.userAgent = ""
        client.tls = TLS(caPEM: configuration.certificateAuthorityPEM)
        http = try HTTPClient(client)
    }

    /// The present on both clocks.
    var now: Moment {
        var time = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &time)
        return Moment(
            elapsed: (ContinuousClock.now - start) / timeScale,
            unixMicroseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000)
    }

    /// Changes the world and performs what follows.
    @discardableResult func change<Result: Sendable>(
        _ body: (inout World, Moment, inout [WorldAction]) throws(SimulatorError) -> Result
    ) throws(SimulatorError) -> Result {
        let now = now
        let (result, actions, wakeup) = try world.withLock { world throws(SimulatorError) in
            var actions: [WorldAction] = []
            let result = try body(&world, now, &actions)
            return (result, actions, world.nextWakeup)
        }
        for attempt in perform(actions, wakeup) { attemptsContinuation.yield(attempt) }
        return result
    }

    /// Looks at the world without changing it.
    func look<Result: Sendable>(_ body: (World) throws(SimulatorError) -> Result) throws(SimulatorError) -> Result {
        try world.withLock { world throws(SimulatorError) in try body(world) }
    }

    /// As ``look(_:)``, where nothing can go wrong.
    func view<Result: Sendable>(_ body: (World) -> Result) -> Result { world.withLock { body($0) } }

    // MARK: Calls

    /// Carries out a call of the Bot API; waits where the method does.
    func call(_ call: APICall) async -> APIReply {
        var call = call
        if resolvesHosts, call.method.lowercased() == "setwebhook" { call.addresses = await Self.addresses(call) }
        let id = replies.open()
        let now = now
        let (immediate, actions, wakeup) = world.withLock { world in
            let (reply, actions) = world.call(call, id: id, now)
            return (reply, actions, world.nextWakeup)
        }
        for attempt in perform(actions, wakeup) { attemptsContinuation.yield(attempt) }
        let reply: APIReply
        if let immediate {
            replies.close(id)
            reply = immediate
        } else {
            reply = await replies.wait(for: id, cancelled: .restarting)
        }
        metrics.calls.increment(["\(reply.status)"])
        if let delay = reply.delay { _ = await sleepUnlessCancelled(for: delay) }
        return reply
    }

    private static func addresses(_ call: APICall) async -> HostAddresses? {
        let url: WebhookURL
        do {
            url = try WebhookURL(call.arguments.string("url"))
        } catch {
            // The rules will say what is wrong with it.
            return nil
        }
        guard url.literalAddress == nil, call.arguments.string("ip_address").isEmpty else { return nil }
        return await HostResolver.addresses(of: url.host)
    }

    /// A file that a bot has uploaded; `nil` also for an unknown token.
    func file(token: String, path: String) -> [UInt8]? {
        world.withLock { world in
            world.tokens[token] == nil ? nil : world.files.at(path: path)?.upload.bytes
        }
    }

    // MARK: Waiting for bots

    /// The calls that match, once there are `count` of them or the time has passed (then those there are).
    func calls(_ filter: RecordFilter, count: Int, within timeout: Duration) async -> [RecordedCall] {
        let id = waits.open()
        let mustWait = world.withLock { $0.record.wait(id, filter, count: count) }
        if mustWait {
            let timer = Task {
                if await sleepUnlessCancelled(for: timeout) { waits.resolve(id, ()) }
            }
            await waits.wait(for: id, cancelled: ())
            timer.cancel()
            world.withLock { _ = $0.record.cancelWait(id) }
        } else {
            waits.close(id)
        }
        return world.withLock { $0.record.select(filter, limit: count) }
    }

    // MARK: Deliveries

    /// Delivers updates until ``stop()``.
    func run() async {
        await withDiscardingTaskGroup { group in
            for await attempt in attempts {
                group.addTask { await self.deliver(attempt) }
            }
            group.cancelAll()
        }
    }

    /// Makes an attempt, and then one of those that its end allows.
    private func deliver(_ first: DeliveryAttempt) async {
        var next: DeliveryAttempt? = first
        while let attempt = next, !Task.isCancelled {
            let (outcome, answer) = await post(attempt)
            if let answer { _ = await call(answer) }
            metrics.deliveries.increment([outcome == .acknowledged ? "acknowledged" : "failed"])
            let now = now
            let (actions, wakeup) = world.withLock { world in
                let actions = world.finish(attempt, outcome, now)
                return (actions, world.nextWakeup)
            }
            let attempts = perform(actions, wakeup)
            next = attempts.first
            for attempt in attempts.dropFirst() { attemptsContinuation.yield(attempt) }
        }
        // Cancelled between two attempts: the simulator stops, nothing is lost that would be kept.
    }

    private func post(_ attempt: DeliveryAttempt) async -> (DeliveryOutcome, APICall?) {
        var headers: HTTPHeaders = ["Content-Type": "application/json"]
        if !attempt.webhook.secretToken.isEmpty {
            headers["X-Telegram-Bot-Api-Secret-Token"] = attempt.webhook.secretToken
        }
        do {
            let response = try await http.execute(
                HTTPRequest(
                    .post, attempt.webhook.url, headers: headers, body: .bytes(attempt.body), timeout: deliveryTimeout))
            guard response.status.isSuccess else {
                return (.refusal(response.status, retryAfter: response.headers["Retry-After"]), nil)
            }
            return (.acknowledged, answer(response, to: attempt))
        } catch {
            return (.unreachable(error), nil)
        }
    }

    /// The method call that a webhook may put into its answer.
    private func answer(_ response: HTTPResponse, to attempt: DeliveryAttempt) -> APICall? {
        guard response.body.count > 2 else { return nil }
        do {
            let type = response.headers["Content-Type"] ?? ""
            let arguments = try APIArguments.parse(query: [], contentType: type, body: response.body)
            let method = arguments.string("method")
            guard !method.isEmpty, let token = world.withLock({ $0.bots[attempt.botID]?.token }) else { return nil }
            return APICall(token: token, method: method, arguments: arguments.without("method"), viaWebhook: true)
        } catch {
            return nil
        }
    }

    // MARK: Actions and time

    /// Performs actions, but for deliveries: those it gives back.
    private func perform(_ actions: [WorldAction], _ wakeup: Duration?) -> [DeliveryAttempt] {
        var attempts: [DeliveryAttempt] = []
        for action in actions {
            switch action {
            case .answer(let call, let reply): replies.resolve(call, reply)
            case .endWait(let id): waits.resolve(id, ())
            case .deliver(let attempt): attempts.append(attempt)
            }
        }
        if let wakeup { arm(at: wakeup) }
        return attempts
    }

    /// Sees to it that ``tick()`` happens at that time or before.
    private func arm(at time: Duration) {
        let start = start
        let timeScale = timeScale
        let old: Task<Void, Never>? = alarm.withLock { alarm in
            if let alarm, alarm.at <= time { return nil }
            let old = alarm?.task
            let task = Task {
                let deadline = start + time * timeScale
                do {
                    try await Task.sleep(until: deadline, clock: .continuous)
                    self.tick()
                } catch {
                    // Another alarm has taken its place.
                }
            }
            alarm = (at: time, task: task)
            return old
        }
        old?.cancel()
    }

    private func tick() {
        alarm.withLock { $0 = nil }
        let now = now
        let (actions, wakeup) = world.withLock { world in
            let actions = world.tick(now)
            return (actions, world.nextWakeup)
        }
        for attempt in perform(actions, wakeup) { attemptsContinuation.yield(attempt) }
    }

    /// Ends what waits, so that the servers can finish.
    func release() {
        replies.resolveAll(.restarting)
        waits.resolveAll(())
    }

    /// Ends deliveries and time.
    func stop() async {
        attemptsContinuation.finish()
        alarm.withLock { alarm in
            let task = alarm?.task
            alarm = nil
            return task
        }?.cancel()
        release()
        await http.shutdown()
    }
}
