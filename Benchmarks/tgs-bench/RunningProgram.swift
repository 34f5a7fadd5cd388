import Foundation
import TestRig

/// A part of the platform that runs as a process of its own.
struct RunningProgram: Sendable {
    let process: ChildProcess
    let healthPort: UInt16

    /// Memory and processor time now.
    var usage: ProcessUsage {
        get throws {
            do {
                return try ProcessUsage(of: process.pid)
            } catch {
                throw ProcessUsage.Missing(description: "\(error)\n\(process.logTail())")
            }
        }
    }

    /// Waits until `/ready` says so.
    func waitUntilReady(
        within limit: Duration = .seconds(60), every pause: Duration = .milliseconds(100)
    ) async throws {
        try await eventually("\(process.name) is ready", within: limit, every: pause) {
            guard process.isRunning else { throw ProcessUsage.Missing(description: process.logTail()) }
            return try await fetch("/ready") != nil
        }
    }

    /// A metric of `/metrics`, summed over those of its labels that are meant; 0 when there is none.
    func metric(_ name: String, where isMeant: (Substring) -> Bool = { _ in true }) async throws -> Double {
        guard let text = try await fetch("/metrics") else { return 0 }
        return MetricText.sum(name, in: text, where: isMeant)
    }

    func stop() async { await process.terminate() }

    private func fetch(_ path: String) async throws -> String? {
        let result = try await Command(
            "curl", ["-sS", "--fail", "--noproxy", "*", "--max-time", "10", "http://127.0.0.1:\(healthPort)\(path)"]
        ).run()
        return result.succeeded ? result.text : nil
    }
}
