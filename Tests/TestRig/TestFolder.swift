import Concurrency
import Foundation
import Glibc

/// Temporary folders of this test process, removed when it ends.
package enum TestFolder {
    private static let folders = Locked<Set<String>>([])
    private static let removal: Void = { atexit(removeAllFolders) }()

    /// Makes an empty folder that nobody else has; only this user can look into it.
    package static func make(_ name: String) throws -> String {
        _ = removal
        var template = Array("\(NSTemporaryDirectory())tgs-\(name)-\(getpid())-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            throw Command.Failure(description: "no temporary folder: \(String(cString: strerror(errno)))")
        }
        let path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        folders.withLock { _ = $0.insert(path) }
        return path
    }

    /// Removes a folder made here and what is in it.
    package static func remove(_ path: String) {
        folders.withLock { _ = $0.remove(path) }
        try? FileManager.default.removeItem(atPath: path)
    }

    /// What a file holds; `nil` when it is not there. Not by `FileManager.contents`, which leaks a page for an empty file
    /// (Foundation of Swift 6.3; the Address Sanitizer sees it).
    static func read(_ path: String) -> Data? {
        guard let file = FileHandle(forReadingAtPath: path) else { return nil }
        defer { try? file.close() }
        return try? file.readToEnd() ?? Data()
    }

    /// Where the log of a server goes: into `$TGS_LOG_DIR`, where it stays after the run, when that is set, else into
    /// `folder`.
    package static func logFile(_ name: String, in folder: String) -> String {
        guard let kept = ProcessInfo.processInfo.environment["TGS_LOG_DIR"], !kept.isEmpty else {
            return "\(folder)/\(name).log"
        }
        return "\(kept)/\((folder as NSString).lastPathComponent)/\(name).log"
    }

    fileprivate static func removeAll() {
        for path in folders.withLock({ $0 }) { remove(path) }
    }
}

private func removeAllFolders() { TestFolder.removeAll() }
