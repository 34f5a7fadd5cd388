import Dispatch
import Glibc

/// Runs services together and owns their end: on SIGTERM or SIGINT, or when one of them ends by itself, the services are
/// shut down one after another in the reverse of their order, each within `gracePeriod`; one that is not done by then is
/// cancelled.
package struct ServiceGroup: Sendable {
    private let services: [any Service]
    private let gracePeriod: Duration
    private let report: @Sendable (Event) -> Void

    /// What the group tells while it works, for the log.
    package enum Event: Sendable {
        case started(String)
        case signalled(Int32)
        case stopping(String)
        case stopped(String, after: Duration)
        case cancelled(String, after: Duration)
        case failed(String, any Error)
    }

    /// - Parameters:
    ///   - services: in the order of their start; stopped in reverse.
    ///   - gracePeriod: for each service, from `shutdown()` to the end of `run()`.
    package init(
        _ services: [any Service], gracePeriod: Duration = .seconds(25),
        report: @escaping @Sendable (Event) -> Void = { _ in }
    ) {
        self.services = services
        self.gracePeriod = gracePeriod
        self.report = report
    }

    /// Returns after an orderly end by signal or cancellation; throws what a service threw.
    package func run(signals: [Int32] = [SIGTERM, SIGINT]) async throws {
        let (events, continuation) = AsyncStream.makeStream(of: Ending.self)
        let sources = signals.map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler { continuation.yield(.signal(number)) }
            source.resume()
            return source
        }
        defer { sources.forEach { $0.cancel() } }

        let tasks = services.enumerated().map { index, service in
            report(.started(service.name))
            return Task {
                do {
                    try await service.run()
                    continuation.yield(.service(index, nil))
                } catch {
                    continuation.yield(.service(index, error))
                }
            }
        }
        let first = await withTaskCancellationHandler {
            var iterator = events.makeAsyncIterator()
            return await iterator.next()
        } onCancel: {
            continuation.yield(.cancelled)
        }

        var failure: (any Error)?
        switch first {
        case .signal(let number): report(.signalled(number))
        case .service(let index, let error):
            let error = error ?? ServiceEndedEarly(name: services[index].name)
            report(.failed(services[index].name, error))
            failure = error
        case .cancelled, nil: break
        }
        await stop(tasks)
        if let failure { throw failure }
    }

    private enum Ending: Sendable {
        case signal(Int32)
        case service(Int, (any Error)?)
        case cancelled
    }

    private func stop(_ tasks: [Task<Void, Never>]) async {
        let clock = ContinuousClock()
        let gracePeriod = gracePeriod
        for (service, task) in zip(services, tasks).reversed() {
            report(.stopping(service.name))
            let start = clock.now
            // Not a child of the (possibly cancelled) caller: the grace period holds after cancellation too.
            let reaper = Task.detached { () -> Bool in
                let timer = Task.detached {
                    guard await sleepUnlessCancelled(for: gracePeriod) else { return false }
                    task.cancel()
                    return true
                }
                await service.shutdown()
                await task.value
                timer.cancel()
                return await timer.value
            }
            let cancelled = await reaper.value
            let elapsed = clock.now - start
            report(cancelled ? .cancelled(service.name, after: elapsed) : .stopped(service.name, after: elapsed))
        }
    }
}

/// A service's `run()` returned although nobody had asked it to.
package struct ServiceEndedEarly: Error, CustomStringConvertible, Sendable {
    package let name: String
    package var description: String { "\(name) ended although nobody had asked it to" }
}
