import Dispatch
import Glibc

/// Runs services together and owns their end: on SIGTERM or SIGINT, or when one of them ends by itself, the services are
/// shut down one after another in the reverse of their order, each within `gracePeriod`; one that is not done by then is
/// cancelled, and given up when it does not heed even that.
package struct ServiceGroup: Sendable {
    private let services: [any Service]
    private let gracePeriod: Duration
    private let cancellationPeriod: Duration
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
    ///   - cancellationPeriod: for each service, from its cancellation until the others are not kept waiting any longer.
    package init(
        _ services: [any Service], gracePeriod: Duration = .seconds(25), cancellationPeriod: Duration = .seconds(5),
        report: @escaping @Sendable (Event) -> Void = { _ in }
    ) {
        self.services = services
        self.gracePeriod = gracePeriod
        self.cancellationPeriod = cancellationPeriod
        self.report = report
    }

    /// Returns after an orderly end by signal or cancellation; throws what a service threw, the first one's when several
    /// did.
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
            return Task { () -> (any Error)? in
                do {
                    try await service.run()
                    continuation.yield(.service(index, nil))
                    return nil
                } catch {
                    continuation.yield(.service(index, error))
                    return error
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
        let later = await stop(tasks, failed: failure == nil ? nil : first)
        if let failure = failure ?? later { throw failure }
    }

    private enum Ending: Sendable {
        case signal(Int32)
        case service(Int, (any Error)?)
        case cancelled
    }

    /// Stops the services in reverse.
    ///
    /// - Parameter failed: the ending that was reported already.
    /// - Returns: the first failure on the way.
    private func stop(_ tasks: [Task<(any Error)?, Never>], failed: Ending?) async -> (any Error)? {
        var failure: (any Error)?
        for index in services.indices.reversed() {
            let service = services[index]
            report(.stopping(service.name))
            let start = ContinuousClock.now
            let (wasCancelled, error) = await stop(service, tasks[index])
            let elapsed = ContinuousClock.now - start
            report(wasCancelled ? .cancelled(service.name, after: elapsed) : .stopped(service.name, after: elapsed))
            if case .service(index, _) = failed { continue }
            // What a cancelled service throws is most often only its cancellation.
            guard let error, !(error is CancellationError) else { continue }
            report(.failed(service.name, error))
            failure = failure ?? error
        }
        return failure
    }

    /// Stops one service: whether it had to be cancelled, and what it threw.
    private func stop(
        _ service: any Service, _ task: Task<(any Error)?, Never>
    ) async -> (wasCancelled: Bool, error: (any Error)?) {
        let (steps, continuation) = AsyncStream.makeStream(of: Step.self)
        let (gracePeriod, cancellationPeriod) = (gracePeriod, cancellationPeriod)
        // Not children of the (possibly cancelled) caller: the grace period holds after cancellation too.
        Task.detached {
            await service.shutdown()
            continuation.yield(.ended(await task.value))
        }
        let timer = Task.detached {
            guard await sleepUnlessCancelled(for: gracePeriod) else { return }
            continuation.yield(.overdue)
            guard await sleepUnlessCancelled(for: cancellationPeriod) else { return }
            continuation.yield(.lost)
        }
        return await Task.detached {
            defer { timer.cancel() }
            var wasCancelled = false
            for await step in steps {
                switch step {
                case .ended(let error): return (wasCancelled, error)
                case .overdue:
                    wasCancelled = true
                    task.cancel()
                case .lost: return (true, ServiceDidNotEnd(name: service.name))
                }
            }
            return (wasCancelled, nil)
        }.value
    }

    private enum Step: Sendable {
        case ended((any Error)?)
        case overdue
        case lost
    }
}

/// A service went on after its shutdown and its cancellation.
package struct ServiceDidNotEnd: Error, CustomStringConvertible, Sendable {
    package let name: String
    package var description: String { "\(name) did not end, not even when it was cancelled" }
}

/// A service's `run()` returned although nobody had asked it to.
package struct ServiceEndedEarly: Error, CustomStringConvertible, Sendable {
    package let name: String
    package var description: String { "\(name) ended although nobody had asked it to" }
}
