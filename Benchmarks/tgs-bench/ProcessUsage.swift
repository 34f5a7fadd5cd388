import Foundation
import Glibc

/// What a process uses, from `/proc`.
struct ProcessUsage: Sendable {
    /// `VmRSS` in MB (10^6 bytes): resident now, libraries that other processes share included.
    let resident: Double
    /// `VmHWM` in MB: the most that was ever resident.
    let peak: Double
    /// Processor time since its start, in seconds.
    let processorTime: Double

    /// The process's name for something that is not there.
    struct Missing: Error, CustomStringConvertible {
        let description: String
    }

    /// - Throws: ``Missing`` when there is no such process.
    init(of pid: Int32) throws {
        let status = Self.lines("/proc/\(pid)/status")
        guard let resident = Self.kilobytes("VmRSS:", status), let peak = Self.kilobytes("VmHWM:", status) else {
            throw Missing(description: "process \(pid) is gone: see its log")
        }
        self.resident = resident * 1024 / 1e6
        self.peak = peak * 1024 / 1e6
        processorTime = Self.processorTime(of: pid)
    }

    /// Processor time of this process's children by program name, in seconds; this process itself is "tgs-bench".
    static func processorTimes() -> [String: Double] {
        var times = ["tgs-bench": processorTime(of: getpid())]
        for child in children() {
            times[child.name, default: 0] += processorTime(of: child.pid)
        }
        return times
    }

    private static func children() -> [(pid: Int32, name: String)] {
        let entries = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return entries.compactMap { Int32($0) }.compactMap { pid in
            let status = lines("/proc/\(pid)/status")
            guard let parent = field("PPid:", status), Int32(parent) == getpid(), let name = field("Name:", status)
            else { return nil }
            return (pid, name)
        }
    }

    private static func processorTime(of pid: Int32) -> Double {
        // Behind the name in parentheses: state is field 3, utime and stime are 14 and 15.
        guard let line = lines("/proc/\(pid)/stat").first, let end = line.lastIndex(of: ")") else { return 0 }
        let fields = line[end...].dropFirst(2).split(separator: " ")
        guard fields.count > 12, let user = Double(fields[11]), let system = Double(fields[12]) else { return 0 }
        return (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
    }

    private static func lines(_ path: String) -> [Substring] {
        String(decoding: FileManager.default.contents(atPath: path) ?? Data(), as: UTF8.self).split(separator: "\n")
    }

    private static func field(_ name: String, _ lines: [Substring]) -> String? {
        lines.first { $0.hasPrefix(name) }.map { $0.dropFirst(name.count).trimmingCharacters(in: .whitespaces) }
    }

    private static func kilobytes(_ name: String, _ lines: [Substring]) -> Double? {
        field(name, lines).flatMap { Double($0.split(separator: " ").first ?? "") }
    }
}
