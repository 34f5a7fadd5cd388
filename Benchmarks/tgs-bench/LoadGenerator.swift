import Foundation
import TestRig

/// wrk with `Benchmarks/wrk/webhook.lua`: two threads, 64 connections.
struct LoadGenerator: Sendable {
    /// What came of one run.
    struct Run: Sendable, Decodable {
        /// Answers, of any status.
        let requests: Int
        let microseconds: Int
        /// Microseconds from a request to its answer.
        let p50: Double
        let p99: Double
        let longest: Double
        /// Answers with a status of 400 or more.
        let refused: Int
        /// Connections that failed or waited too long.
        let failed: Int

        var perSecond: Double { Double(requests) * 1e6 / Double(microseconds) }
    }

    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    let connections = 64
    let url: String
    /// The value of Telegram's secret header.
    let secret: String

    func run(seconds: Int) async throws -> Run {
        let result = try await Command(
            "wrk",
            [
                "-t2", "-c\(connections)", "-d\(seconds)s", "--timeout", "10s", "-s",
                "\(ProjectFolder.path)/Benchmarks/wrk/webhook.lua", "-H",
                "X-Telegram-Bot-Api-Secret-Token: \(secret)", url,
            ]
        ).runSuccessfully(deadline: .seconds(seconds + 60))
        guard let line = result.text.split(separator: "\n").last(where: { $0.hasPrefix("{") }) else {
            throw Failure(description: "wrk told no figures: \(result.text) \(result.diagnostics)")
        }
        let run = try JSONDecoder().decode(Run.self, from: Data(line.utf8))
        guard run.requests > 0 else { throw Failure(description: "\(url) answered nothing") }
        return run
    }
}
