import Concurrency
import Foundation
import Glibc
import Testing

/// Serialized: signals are the whole process's.
@Suite(.serialized) struct ServiceGroupTests {
    /// What happened, in order.
    private final class Journal: Sendable {
        private let lines = Locked<[String]>([])
        var all: [String] { lines.withLock { $0 } }
        func add(_ line: String) { lines.withLock { $0.append(line) } }

        func add(_ event: ServiceGroup.Event) {
            switch event {
            case .started(let name): add("started \(name)")
            case .signalled(let number): add("signal \(number)")
            case .stopping(let name): add("stopping \(name)")
            case .stopped(let name, _): add("stopped \(name)")
            case .cancelled(let name, _): add("cancelled \(name)")
            case .failed(let name, let error): add("failed \(name): \(error)")
            }
        }

        func wait(for line: String) async {
            for _ in 0..<2000 where !all.contains(line) { _ = await sleepUnlessCancelled(for: .milliseconds(10)) }
            #expect(all.contains(line))
        }
    }

    private struct Oops: Error, CustomStringConvertible {
        var description: String { "oops" }
    }

    /// A service whose end the test decides.
    private final class Puppet: Service {
        enum Manner: Sendable {
            case orderly
            case failsOnShutdown
            /// Ends only when cancelled.
            case ignoresShutdown
            /// Not even then, until the test lets go.
            case ignoresEverything
        }

        let name: String
        private let manner: Manner
        private let journal: Journal
        private let (steps, continuation) = AsyncStream.makeStream(of: Bool.self)

        init(_ name: String, _ manner: Manner = .orderly, _ journal: Journal) {
            self.name = name
            self.manner = manner
            self.journal = journal
        }

        func run() async throws {
            journal.add("running \(name)")
            defer { journal.add("ended \(name)") }
            if manner == .ignoresEverything {
                await Task.detached { [steps] in for await _ in steps { return } }.value
                return
            }
            for await fails in steps {
                if fails { throw Oops() }
                return
            }
            try Task.checkCancellation()
        }

        func shutdown() async {
            journal.add("shutdown \(name)")
            switch manner {
            case .orderly: continuation.yield(false)
            case .failsOnShutdown: continuation.yield(true)
            case .ignoresShutdown, .ignoresEverything: break
            }
        }

        func end(failing: Bool = false) { continuation.yield(failing) }
    }

    @Test func aSignalStopsTheServicesInReverse() async throws {
        let journal = Journal()
        let services = ["a", "b", "c"].map { Puppet($0, .orderly, journal) }
        let group = ServiceGroup(services) { journal.add($0) }
        let run = Task { try await group.run(signals: [SIGUSR1]) }
        for name in ["a", "b", "c"] { await journal.wait(for: "running \(name)") }
        kill(getpid(), SIGUSR1)
        try await run.value
        let interesting = journal.all.filter { !$0.hasPrefix("running") && !$0.hasPrefix("started") }
        #expect(
            interesting == [
                "signal \(SIGUSR1)", "stopping c", "shutdown c", "ended c", "stopped c", "stopping b", "shutdown b",
                "ended b", "stopped b", "stopping a", "shutdown a", "ended a", "stopped a",
            ])
    }

    @Test func cancellationStopsInOrderToo() async throws {
        let journal = Journal()
        let group = ServiceGroup([Puppet("a", .orderly, journal)]) { journal.add($0) }
        let run = Task { try await group.run(signals: []) }
        await journal.wait(for: "running a")
        run.cancel()
        try await run.value
        #expect(journal.all.last == "stopped a")
        #expect(!journal.all.contains("cancelled a"))
    }

    @Test func aFailureEndsAllAndIsThrown() async throws {
        let journal = Journal()
        let services = ["a", "b"].map { Puppet($0, .orderly, journal) }
        let group = ServiceGroup(services) { journal.add($0) }
        let run = Task { try await group.run(signals: []) }
        await journal.wait(for: "running a")
        services[0].end(failing: true)
        await #expect(throws: Oops.self) { try await run.value }
        #expect(journal.all.filter { $0 == "failed a: oops" }.count == 1)
        #expect(journal.all.contains("stopped b"))
    }

    @Test func anEndThatNobodyAskedForIsAFailure() async throws {
        let journal = Journal()
        let services = ["a", "b"].map { Puppet($0, .orderly, journal) }
        let group = ServiceGroup(services) { journal.add($0) }
        let run = Task { try await group.run(signals: []) }
        await journal.wait(for: "running b")
        services[1].end()
        let error = await #expect(throws: ServiceEndedEarly.self) { try await run.value }
        #expect(error?.name == "b")
        #expect(journal.all.contains("ended a"))
    }

    @Test func aFailureWhileStoppingIsThrownAfterAllHaveStopped() async throws {
        let journal = Journal()
        let services = [Puppet("a", .orderly, journal), Puppet("b", .failsOnShutdown, journal)]
        let group = ServiceGroup(services) { journal.add($0) }
        let run = Task { try await group.run(signals: []) }
        await journal.wait(for: "running a")
        await journal.wait(for: "running b")
        run.cancel()
        await #expect(throws: Oops.self) { try await run.value }
        #expect(journal.all.contains("failed b: oops"))
        #expect(journal.all.last == "stopped a")
    }

    @Test func whoIsLateIsCancelledAndTheOthersStillGetTheirTime() async throws {
        let journal = Journal()
        let services = [Puppet("a", .orderly, journal), Puppet("b", .ignoresShutdown, journal)]
        let group = ServiceGroup(services, gracePeriod: .milliseconds(100), cancellationPeriod: .seconds(60)) {
            journal.add($0)
        }
        let run = Task { try await group.run(signals: []) }
        await journal.wait(for: "running b")
        run.cancel()
        try await run.value
        #expect(journal.all.contains("cancelled b"))
        #expect(journal.all.last == "stopped a")
    }

    @Test func whoHeedsNothingDoesNotHoldUpTheOthers() async throws {
        let journal = Journal()
        let stubborn = Puppet("b", .ignoresEverything, journal)
        let group = ServiceGroup(
            [Puppet("a", .orderly, journal), stubborn], gracePeriod: .milliseconds(50),
            cancellationPeriod: .milliseconds(50)
        ) { journal.add($0) }
        let run = Task { try await group.run(signals: []) }
        await journal.wait(for: "running b")
        run.cancel()
        let error = await #expect(throws: ServiceDidNotEnd.self) { try await run.value }
        #expect(error?.name == "b")
        #expect(journal.all.contains("ended a"))
        stubborn.end()
        await journal.wait(for: "ended b")
    }
}
