import Foundation
import Glibc

/// `tgs-bench`: measures the platform on this machine. `make bench` builds and runs it; Benchmarks/README.md explains the
/// figures.
@main enum TGSBench {
    static func main() async {
        do {
            let options = try BenchOptions(Array(CommandLine.arguments.dropFirst()))
            try await run(options)
        } catch let error as BenchOptions.UsageError {
            FileHandle.standardError.write(Data("tgs-bench: \(error)\n".utf8))
            exit(2)
        } catch {
            FileHandle.standardError.write(Data("tgs-bench: \(error)\n".utf8))
            exit(1)
        }
    }

    private static func run(_ options: BenchOptions) async throws {
        let report = Report()
        var failure: (any Error)?
        // The short ones first, so that a broker with thousands of topics does not slow them down.
        for part in parts where !options.sections.isDisjoint(with: part.sections) {
            report.progress("starting a platform for \(part.sections.map(\.rawValue).sorted().joined(separator: ", "))")
            do {
                try await BenchPlatform.with(options) { try await part.run(options, report, $0) }
            } catch {
                report.note("\(part.sections.map(\.rawValue).sorted().joined(separator: ", ")) ended early: \(error)")
                failure = failure ?? error
            }
        }
        print(report.table())
        if !options.output.isEmpty {
            try report.write(to: options.output)
            print("\nas JSON: \(options.output)")
        }
        if let failure { throw failure }
    }

    private struct Part: Sendable {
        let sections: Set<BenchOptions.Section>
        let run: @Sendable (BenchOptions, Report, BenchPlatform) async throws -> Void
    }

    private static let parts = [
        Part(sections: [.latency]) { try await LatencyBench(options: $0, report: $1, platform: $2).run() },
        Part(sections: [.proxy]) { try await ProxyBench(options: $0, report: $1, platform: $2).run() },
        Part(sections: [.wake]) { try await WakeBench(options: $0, report: $1, platform: $2).run() },
        Part(sections: [.webhook]) { try await WebhookBench(options: $0, report: $1, platform: $2).run() },
        Part(sections: [.outgoing]) { try await OutgoingBench(options: $0, report: $1, platform: $2).run() },
        Part(sections: [.broadcast]) { try await BroadcastBench(options: $0, report: $1, platform: $2).run() },
        Part(sections: [.change]) { try await ChangeBench(options: $0, report: $1, platform: $2).run() },
        Part(sections: [.reconcile, .memory]) {
            try await OperatorBench(options: $0, report: $1, platform: $2).run()
        },
        Part(sections: [.bound]) { try await BoundBench(options: $0, report: $1, platform: $2).run() },
    ]
}
