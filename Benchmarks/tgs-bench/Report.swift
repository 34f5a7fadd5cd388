import Concurrency
import Foundation

/// Collects figures, prints each as it comes and all as a table at the end, and writes them as JSON.
final class Report: Sendable {
    private struct Document: Codable {
        let machine: Machine
        /// Load averages over one minute at the start and at the end.
        let load: [Double]
        let figures: [Figure]
        let notes: [String]
    }

    private let machine = Machine.present
    private let state = Locked<(figures: [Figure], notes: [String])>(([], []))

    /// Says what is being done.
    func progress(_ text: String) {
        FileHandle.standardError.write(Data("   \(text)\n".utf8))
    }

    func add(_ figure: Figure) {
        state.withLock { $0.figures.append(figure) }
        progress("\(figure.section): \(figure.name) \(Self.text(figure.value)) \(figure.unit)")
    }

    /// What a reader must know of the figures.
    func note(_ text: String) {
        state.withLock { $0.notes.append(text) }
        progress(text)
    }

    /// The table, with the machine above it and the notes below.
    func table() -> String {
        let (figures, notes) = state.withLock { $0 }
        var rows = [["part", "figure", "value", "unit", "beside", "reference", "ratio"]]
        var section = ""
        for figure in figures {
            rows.append([
                figure.section == section ? "" : figure.section, figure.name, Self.text(figure.value), figure.unit,
                figure.reference.map { Self.text($0.value) } ?? "", figure.reference?.name ?? "",
                figure.ratio.map(Self.text) ?? "",
            ])
            section = figure.section
        }
        let rightAligned: Set = [2, 4, 6]
        let widths = (0..<7).map { column in rows.map { $0[column].count }.max() ?? 0 }
        let lines = rows.map { row in
            let cells = zip(row.indices, row).map { column, cell in
                let space = String(repeating: " ", count: widths[column] - cell.count)
                return rightAligned.contains(column) ? space + cell : cell + space
            }
            return cells.joined(separator: "  ")
        }
        let load = "load average \(Self.text(machine.load)) at the start, \(Self.text(Machine.loadAverage)) at the end"
        let head =
            "\(machine.cores) cores (\(machine.processor)), \(machine.memoryMegabytes) MB, \(load), commit \(machine.commit)"
        return ([head, ""] + lines + (notes.isEmpty ? [] : [""]) + notes.map { "note: \($0)" }).joined(separator: "\n")
    }

    func write(to path: String) throws {
        let (figures, notes) = state.withLock { $0 }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        try FileManager.default.createDirectory(
            atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
        let document = Document(
            machine: machine, load: [machine.load, Machine.loadAverage], figures: figures, notes: notes)
        try encoder.encode(document).write(to: URL(fileURLWithPath: path))
    }

    /// Three digits that count.
    static func text(_ value: Double) -> String {
        switch abs(value) {
        case 100...: String(format: "%.0f", value)
        case 10...: String(format: "%.1f", value)
        default: String(format: "%.2f", value)
        }
    }
}
