package import Observability

import Concurrency
import FoundationEssentials
import KubernetesTypes

/// Writes Kubernetes events about objects, so that `kubectl describe` shows what happened to them.
///
/// ``record(regarding:type:reason:action:note:)`` never waits: what cannot be written in time is dropped, the oldest
/// first, and counted. The same again is folded into one event with a count.
package final class EventRecorder: Service {
    private struct Recorded: Sendable {
        let identity: EventFolder.Identity
        let resourceVersion: String?
        let note: String
        let date: Date
    }

    private struct State: Sendable {
        var waiting = FIFO<Recorded>()
        var hasStarted = false
    }

    package let name = "event recorder"
    private let writer: any EventWriter
    private let controller: String
    private let instance: String
    private let settings: EventSettings
    private let logger: Logger
    private let clock: RuntimeClock
    private let written: Counter?
    private let dropped: Counter?
    private let state = Locked(State())
    private let stopping = StopSignal()
    private let wakeups: AsyncStream<Void>
    private let wakeup: AsyncStream<Void>.Continuation

    /// - Parameters:
    ///   - writer: a `KubernetesClient`, outside of tests.
    ///   - controller: a qualified name: "telegram-serverless.io/operator".
    ///   - instance: which process: the pod's name. At most 128 bytes are used.
    package init(
        _ writer: any EventWriter, controller: String, instance: String, settings: EventSettings = EventSettings(),
        logger: Logger, metrics: MetricsRegistry? = nil, clock: RuntimeClock = .continuous
    ) {
        self.writer = writer
        self.controller = controller
        self.instance = Self.cut(instance, 128)
        self.settings = settings
        self.logger = logger
        self.clock = clock
        written = metrics?.counter("events_written_total", help: "Writes of Kubernetes events")
        dropped = metrics?.counter(
            "events_dropped_total", help: "Kubernetes events that were not written", labels: ["reason"])
        (wakeups, wakeup) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Takes note of something that happened to an object.
    ///
    /// - Parameters:
    ///   - reason: one CamelCase word: why. At most 128 bytes.
    ///   - action: one CamelCase word: what was done or tried. At most 128 bytes.
    ///   - subject: what it is about besides the object, as an image: of another one it is no repeat. Not written.
    ///   - note: a sentence for people; no secrets. Cut to 1,024 bytes, the API's limit. Of repeats the first one stays.
    package func record(
        regarding object: ObjectReference, type: Event.Kind = .normal, reason: String, action: String,
        subject: String = "", note: String
    ) {
        var regarding = object
        // The same thing happens to the same object, whatever version it was seen in.
        regarding.resourceVersion = nil
        let event = Recorded(
            identity: EventFolder.Identity(
                regarding: regarding, type: type, reason: Self.cut(reason, 128), action: Self.cut(action, 128),
                subject: subject),
            resourceVersion: object.resourceVersion, note: Self.cut(Redaction.mask(note), 1024), date: clock.date())
        let isDropping = state.withLock { state -> Bool in
            let isFull = state.waiting.count >= settings.maximumWaiting
            if isFull { _ = state.waiting.popFirst() }
            state.waiting.append(event)
            return isFull
        }
        if isDropping { dropped?.increment(["queue full"]) }
        wakeup.yield()
    }

    /// Writes until ``shutdown()``, and then for a few seconds what is left.
    package func run() async throws {
        var folder = EventFolder(settings)
        var keys: [EventFolder.Identity: Event] = [:]
        var timer: Task<Void, Never>?
        defer { timer?.cancel() }
        for await _ in wakeups {
            timer?.cancel()
            await work(&folder, &keys)
            if Task.isCancelled || stopping.isSet { break }
            if let due = folder.nextDue() {
                let (clock, wakeup) = (clock, wakeup)
                timer = Task {
                    if await clock.sleepUnlessCancelled(for: max(.zero, due - clock.now())) { wakeup.yield() }
                }
            }
        }
        let rest = folder.flush()
        let last = keys
        do {
            try await withTimeout(.seconds(3), "the last events") {
                var keys = last
                for repeats in rest { await self.write(repeats, &keys) }
            }
        } catch {
            dropped?.increment(by: Double(rest.count), ["shutdown"])
        }
    }

    package func shutdown() async {
        stopping.set()
        wakeup.yield()
    }

    private func work(_ folder: inout EventFolder, _ events: inout [EventFolder.Identity: Event]) async {
        while let event = state.withLock({ $0.waiting.popFirst() }) {
            switch folder.record(event.identity, now: clock.now(), time: Timestamp.micro(event.date)) {
            case .folded: break
            case .limited: dropped?.increment(["too many of one object"])
            case .create: await write(event, &events)
            }
            for repeats in folder.due(now: clock.now()) { await write(repeats, &events) }
        }
        for repeats in folder.due(now: clock.now()) { await write(repeats, &events) }
        if events.count > folder.count * 2 + 64 { events = events.filter { folder.contains($0.key) } }
    }

    private func write(_ event: Recorded, _ events: inout [EventFolder.Identity: Event]) async {
        var regarding = event.identity.regarding
        regarding.resourceVersion = event.resourceVersion
        let object = Event(
            metadata: ObjectMeta(
                name: eventName(event.identity), namespace: event.identity.regarding.namespace ?? "default"),
            eventTime: Timestamp.micro(event.date), series: nil, reportingController: controller,
            reportingInstance: instance, action: event.identity.action, reason: event.identity.reason,
            regarding: regarding, note: event.note, type: event.identity.type)
        if await attempt({ try await self.writer.create(object) }) != nil { events[event.identity] = object }
    }

    private func write(_ repeats: EventFolder.Repeats, _ events: inout [EventFolder.Identity: Event]) async {
        // Without it the first one could not be written, and nobody would know what is counted.
        guard var event = events[repeats.identity] else { return }
        let series = Event.Series(count: repeats.count, lastObservedTime: repeats.lastObservedTime)
        let key = event.key
        guard let isThere = await attempt({ try await self.writer.update(key, series) }), !isThere else { return }
        event.metadata.name = eventName(repeats.identity)
        event.series = series
        let again = event
        if await attempt({ try await self.writer.create(again) }) != nil { events[repeats.identity] = event }
    }

    /// Tries up to three times. Answers `nil` when it did not work: events are not worth more.
    private func attempt<Result: Sendable>(_ body: @Sendable () async throws -> Result) async -> Result? {
        var backoff = Backoff(base: .milliseconds(500), maximum: .seconds(5))
        for number in 1...3 {
            do {
                let result = try await body()
                written?.increment()
                return result
            } catch {
                logger.debug("an event was not written", ["error": .string("\(error)"), "attempt": .int(number)])
                if stopping.isSet || number == 3 { break }
                guard await clock.sleepUnlessCancelled(for: backoff.next()) else { break }
            }
        }
        dropped?.increment(["not written"])
        return nil
    }

    /// Unlike any other event's: the object's name (cut to what a name may hold) and a random number.
    private func eventName(_ identity: EventFolder.Identity) -> String {
        let object = Self.cut(identity.regarding.name ?? "unnamed", 200)
        return "\(object).\(String(UInt64.random(in: .min ... .max), radix: 16))"
    }

    /// At most so many bytes of UTF-8, never half a character.
    private static func cut(_ text: String, _ bytes: Int) -> String {
        guard text.utf8.count > bytes else { return text }
        var result = ""
        var size = 0
        for character in text {
            size += character.utf8.count
            if size > bytes { break }
            result.append(character)
        }
        return result
    }
}
