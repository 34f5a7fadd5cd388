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
    /// Numbers of the bots that get the Updates in turn; `nil`: the URL's own bot gets all.
    var bots: Range<Int64>?

    /// - Parameter first: how many of the bots each thread leaves out in its first round.
    func run(seconds: Int, from first: Int64 = 0) async throws -> Run {
        let result = try await Command(
            "wrk",
            [
                "-t2", "-c\(connections)", "-d\(seconds)s", "--timeout", "10s", "-s",
                "\(ProjectFolder.path)/Benchmarks/wrk/webhook.lua", "-H",
                "X-Telegram-Bot-Api-Secret-Token: \(secret)", url,
            ] + (bots.map { ["--", "\($0.lowerBound)", "\($0.count)", "\(first)"] } ?? [])
        ).runSuccessfully(deadline: .seconds(seconds + 60))
        guard let line = result.text.split(separator: "\n").last(where: { $0.hasPrefix("{") }) else {
            throw Failure(description: "wrk told no figures: \(result.text) \(result.diagnostics)")
        }
        let run = try JSONDecoder().decode(Run.self, from: Data(line.utf8))
        guard run.requests > 0 else { throw Failure(description: "\(url) answered nothing") }
        return run
    }
}
