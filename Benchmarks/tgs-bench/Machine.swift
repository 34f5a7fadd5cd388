import Foundation

/// What a run was measured on.
struct Machine: Codable, Sendable {
    let cores: Int
    let processor: String
    let memoryMegabytes: Int
    let kernel: String
    /// The load average over one minute when the run began: other work on the machine shows here.
    let load: Double
    /// The commit measured, "+" behind it when files differ from it.
    let commit: String
    /// ISO 8601.
    let time: String

    static var present: Machine {
        let information = ProcessInfo.processInfo
        return Machine(
            cores: information.activeProcessorCount,
            processor: field("model name", of: "/proc/cpuinfo") ?? "unknown",
            memoryMegabytes: Int(information.physicalMemory >> 20),
            kernel: text(of: "/proc/sys/kernel/osrelease"), load: loadAverage,
            commit: information.environment["BENCH_COMMIT"] ?? "unknown", time: Date().ISO8601Format())
    }

    /// Over one minute.
    static var loadAverage: Double {
        Double(text(of: "/proc/loadavg").split(separator: " ").first ?? "") ?? 0
    }

    private static func field(_ name: String, of path: String) -> String? {
        text(of: path).split(separator: "\n").first { $0.hasPrefix(name) }?
            .split(separator: ":", maxSplits: 1).last.map { $0.trimmingCharacters(in: .whitespaces) }
    }

    private static func text(of path: String) -> String {
        String(decoding: FileManager.default.contents(atPath: path) ?? Data(), as: UTF8.self)
            .trimmingCharacters(in: .newlines)
    }
}
