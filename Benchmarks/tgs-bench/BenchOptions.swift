import Foundation

/// What is measured and how long; `scripts/bench.sh` hands its arguments on.
struct BenchOptions: Sendable {
    /// A part of the benchmark that can be run alone.
    enum Section: String, CaseIterable, Sendable {
        case reconcile, memory, change, webhook, latency, wake, outgoing, broadcast, bound, proxy
    }

    /// A malformed command line.
    struct UsageError: Error, CustomStringConvertible {
        let description: String
    }

    var sections = Set(Section.allCases)
    /// TelegramBots of the reconcile part.
    var bots = 1000
    /// TelegramBots of the memory part, those of the reconcile part among them.
    var manyBots = 10_000
    /// How long the many bots may take to converge; what is there by then is measured.
    var patience = Duration.seconds(900)
    /// For how long the many bots are then left alone, in seconds.
    var idle = 600
    /// Length of one run of the load generator.
    var seconds = 10
    /// Runs of each server, in turn; the median is told.
    var rounds = 3
    /// Updates sent one after the other in the latency part; ten times as many at a rate.
    var updates = 200
    /// How often a sleeping bot is woken in the wake part; each takes six seconds.
    var wakes = 20
    /// Bot API calls of one round of the outgoing part.
    var calls = 40_000
    /// Calls of the proxy part, each of them made straight as well.
    var proxyCalls = 20_000
    /// Bots bound to one gateway in the bound part.
    var boundBots = 10_000
    /// For how long webhooks then go on coming in, in seconds.
    var hold = 600
    /// For how long a broadcast goes on in the broadcast part, in seconds.
    var broadcast = 600
    /// The program under test.
    var program = ""
    /// The program of `Benchmarks/bare-mhd`.
    var bareServer = ""
    /// The Python interpreter that has what `Benchmarks/peers/fastapi-aiokafka` needs.
    var peerPython = ""
    /// Where the figures go as JSON.
    var output = ""

    /// - Parameter arguments: without the program's name.
    /// - Throws: ``UsageError``.
    init(_ arguments: [String]) throws {
        var rest = arguments[...]
        while let option = rest.popFirst() {
            guard let value = rest.popFirst() else { throw UsageError(description: "\(option) needs a value") }
            switch option {
            case "--only":
                sections = Set(
                    try value.split(separator: ",").map { name in
                        guard let section = Section(rawValue: String(name)) else {
                            let known = Section.allCases.map(\.rawValue).joined(separator: ", ")
                            throw UsageError(description: "there is no part \(name); there are \(known)")
                        }
                        return section
                    })
            case "--bots": bots = try Self.number(option, value)
            case "--many-bots": manyBots = try Self.number(option, value)
            case "--patience": patience = .seconds(try Self.number(option, value))
            case "--idle": idle = try Self.number(option, value)
            case "--seconds": seconds = try Self.number(option, value)
            case "--rounds": rounds = try Self.number(option, value)
            case "--updates": updates = try Self.number(option, value)
            case "--wakes": wakes = try Self.number(option, value)
            case "--calls": calls = try Self.number(option, value)
            case "--proxy-calls": proxyCalls = try Self.number(option, value)
            case "--bound-bots": boundBots = try Self.number(option, value)
            case "--hold": hold = try Self.number(option, value)
            case "--broadcast": broadcast = try Self.number(option, value)
            case "--peer-python": peerPython = value
            case "--tgs": program = value
            case "--bare-mhd": bareServer = value
            case "--json": output = value
            default: throw UsageError(description: "unknown option \(option); see Benchmarks/README.md")
            }
        }
        guard !program.isEmpty else { throw UsageError(description: "--tgs is missing: use make bench") }
        guard !sections.contains(.webhook) || !bareServer.isEmpty else {
            throw UsageError(description: "--bare-mhd is missing: use make bench")
        }
        guard !sections.contains(.webhook) || !peerPython.isEmpty else {
            throw UsageError(description: "--peer-python is missing: use make bench")
        }
    }

    private static func number(_ option: String, _ text: String) throws -> Int {
        guard let number = Int(text), number > 0 else {
            throw UsageError(description: "\(option) must be a whole number above 0, not \(text)")
        }
        return number
    }
}
