import Concurrency
import Glibc
import Observability

/// Drives the connection on one thread: writes what callers posted, reads answers, connects anew. Made on any thread, then
/// ``run()`` on one of its own; nothing here is touched from elsewhere.
final class RedisLoop {
    private typealias Instant = ContinuousClock.Instant

    let mailbox: RedisMailbox
    private let url: RedisURL
    private let settings: RedisSettings
    private let greeting: Greeting
    private let logger: Logger
    private let metrics: RedisMetrics
    private var link: LinkState
    private var connection: RedisConnection?
    private var sent = PipelineQueue<RedisBatch>()
    private var greetingReplies: [RedisReply] = []
    private var lastTraffic: ContinuousClock.Instant
    private var wasConnected = false
    /// What the last connection, or the last try to get one, ended with.
    private var lastFailure: RedisError?

    init(_ url: RedisURL, _ settings: RedisSettings, mailbox: RedisMailbox, logger: Logger, metrics: RedisMetrics) {
        self.url = url
        self.settings = settings
        self.mailbox = mailbox
        self.logger = logger.with(["server": .string(url.server)])
        self.metrics = metrics
        greeting = Greeting(url)
        lastTraffic = .now
        link = LinkState(settings, now: lastTraffic)
    }

    /// Works until the mailbox is shut down.
    func run() {
        metrics.connected(false)
        while true {
            let (batches, isClosed) = mailbox.take()
            if isClosed {
                end(batches)
                return
            }
            send(batches)
            let now = ContinuousClock.now
            switch link.due(at: now) {
            case .connect: connect(at: now)
            case .giveUp: fail(.timedOut(url.server, settings.connectTimeout))
            case nil: break
            }
            probe(at: now)
            drive(wait())
            endOverdue()
        }
    }

    private func end(_ batches: [RedisBatch]) {
        let error = RedisError.closed(url.server)
        connection = nil
        for entry in sent.drain(at: .now) { finish(entry.batch, .failed(error, after: entry.replies)) }
        for batch in batches { finish(batch, .failed(error, after: [])) }
        metrics.connected(false)
    }

    // MARK: Commands

    /// All of them with one write, as far as the socket takes it.
    private func send(_ batches: [RedisBatch]) {
        guard !batches.isEmpty else { return }
        guard link.isReady, let connection else {
            // The door was open when they came and has been closed since.
            let error = RedisError.unavailable(url.server, lastFailure)
            for batch in batches { finish(batch, .failed(error, after: [])) }
            return
        }
        do throws(RedisError) {
            for (index, batch) in batches.enumerated() {
                if batch.isFinished {
                    finish(batch, .failed(.cancelled(url.server), after: []))
                    continue
                }
                sent.append(batch, count: batch.count, deadline: batch.deadline)
                do throws(RedisError) {
                    try connection.append(batch.bytes)
                } catch {
                    for batch in batches[(index + 1)...] { finish(batch, .failed(error, after: [])) }
                    throw error
                }
            }
            try connection.flush()
        } catch {
            fail(error)
        }
    }

    private func probe(at now: ContinuousClock.Instant) {
        guard link.isReady, sent.isEmpty, lastTraffic + settings.idleProbe <= now else { return }
        var bytes: [UInt8] = []
        CommandEncoding.appendUnchecked(["PING"], to: &bytes)
        lastTraffic = now
        send([RedisBatch(bytes: bytes, count: 1, submitted: now, timeout: settings.timeout, isProbe: true)])
    }

    private func finish(_ batch: RedisBatch, _ outcome: RedisBatch.Outcome) {
        guard !batch.isProbe else { return }
        mailbox.release(commands: batch.count, bytes: batch.bytes.count)
        let took = batch.submitted.duration(to: .now)
        metrics.count(outcome, of: batch.count, took: took)
        batch.finish(outcome)
    }

    private func endOverdue() {
        guard let deadline = sent.deadline, deadline <= .now else { return }
        // Its answer could come later and be taken for another's: this connection is of no use any more.
        fail(.timedOut(url.server, settings.timeout))
    }

    // MARK: The connection

    private func connect(at now: ContinuousClock.Instant) {
        link.connecting(at: now)
        do throws(RedisError) {
            connection = try RedisConnection(url, maxReplyBytes: settings.maxReplyBytes)
        } catch {
            fail(error)
        }
    }

    private func greet(_ connection: RedisConnection) throws(RedisError) {
        try connection.finishConnecting()
        greetingReplies = []
        link.greeting(at: .now)
        try connection.append(greeting.bytes)
        try connection.flush()
    }

    private func take(_ reply: RedisReply) throws(RedisError) {
        guard link.isReady else {
            greetingReplies.append(reply)
            // At once, because a server that refuses may close the connection without answering the rest.
            if let error = greeting.judge(greetingReplies) { throw error }
            if greetingReplies.count == greeting.count { opened() }
            return
        }
        switch sent.take(reply) {
        case .kept: break
        case .finished(let batch, let replies): finish(batch, .answered(replies))
        case .unexpected:
            guard case .error(let text) = reply else {
                throw RedisError(.malformedReply, "an answer came that nobody had asked for")
            }
            throw .refused(text)
        }
    }

    private func opened() {
        let now = ContinuousClock.now
        lastTraffic = now
        if wasConnected { metrics.reconnected() }
        wasConnected = true
        metrics.connected(true)
        let away = link.ready(at: now)
        mailbox.set(refusal: nil)
        if let away {
            logger.info("Redis is back", ["away_seconds": .double(away.seconds)])
        } else {
            logger.debug("connected to Redis")
        }
    }

    /// Ends the connection, or the try to get one, and all that waits for its answers.
    private func fail(_ error: RedisError) {
        let now = ContinuousClock.now
        connection = nil
        let wasReady = link.isReady
        lastFailure = error
        // First the door: what is posted from here on fails by itself.
        mailbox.set(refusal: .unavailable(url.server, error))
        if link.lost(at: now, random: .random(in: 0...1)) {
            logger.warning(
                "Redis is away; going on without it and trying again every \(settings.longestPause) at the latest",
                ["error": .string(error.message)])
        }
        if wasReady { metrics.connected(false) }
        for entry in sent.drain(at: now) {
            let reason: RedisError =
                entry.isOverdue ? .timedOut(url.server, settings.timeout) : .lost(url.server, error)
            finish(entry.batch, .failed(reason, after: entry.replies))
        }
    }

    // MARK: Waiting

    private struct Readiness {
        var isReadable = false
        var isWritable = false
    }

    /// Waits until something can be done, and says what the connection is ready for.
    private func wait() -> Readiness {
        var polled = [pollfd(fd: mailbox.descriptor, events: Int16(POLLIN), revents: 0)]
        if let connection {
            var events = 0
            if case .connecting = link.phase { events = Int(POLLOUT) } else { events = Int(POLLIN) }
            if connection.hasOutput { events |= Int(POLLOUT) }
            polled.append(pollfd(fd: connection.descriptor, events: Int16(events), revents: 0))
        }
        // An error or a hang-up shows as both: the next call on the socket tells what it is.
        guard unsafe poll(&polled, nfds_t(polled.count), patience()) > 0, polled.count > 1 else { return Readiness() }
        let found = Int32(polled[1].revents)
        let isBroken = found & (POLLERR | POLLHUP | POLLNVAL) != 0
        return Readiness(isReadable: found & POLLIN != 0 || isBroken, isWritable: found & POLLOUT != 0 || isBroken)
    }

    /// In milliseconds, rounded up, so that what is waited for is due afterwards; -1 for no limit.
    private func patience() -> CInt {
        let probe = link.isReady && sent.isEmpty ? lastTraffic + settings.idleProbe : nil
        guard let next = [link.next, sent.deadline, probe].compactMap(\.self).min() else { return -1 }
        let left = ContinuousClock.now.duration(to: next)
        return left <= .zero ? 0 : CInt(clamping: min(left.milliseconds, 3_600_000) + 1)
    }

    private func drive(_ readiness: Readiness) {
        guard let connection, readiness.isReadable || readiness.isWritable else { return }
        do throws(RedisError) {
            if case .connecting = link.phase {
                try greet(connection)
                return
            }
            // Answers first: those that are there count, whatever becomes of the connection.
            if readiness.isReadable { try receive(connection) }
            if readiness.isWritable, connection.hasOutput { try connection.flush() }
        } catch {
            fail(error)
        }
    }

    private func receive(_ connection: RedisConnection) throws(RedisError) {
        var isMore = true
        while isMore {
            isMore = try connection.receive()
            lastTraffic = .now
            while let reply = try connection.nextReply() { try take(reply) }
        }
    }
}
