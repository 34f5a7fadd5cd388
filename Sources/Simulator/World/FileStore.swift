/// Files that bots have uploaded, the latest up to a number of bytes.
struct FileStore: Sendable {
    struct File: Sendable {
        let id: String
        let uniqueID: String
        let path: String
        let upload: UploadedFile
    }

    static let capacity = 64 << 20

    private var files: [String: File] = [:]
    private var order = FIFO<String>()
    private var bytes = 0
    private var last = 0

    /// Keeps a file of a kind (`photos`, `documents`).
    mutating func add(_ upload: UploadedFile, folder: String) -> File {
        last += 1
        let suffix = upload.name.split(separator: ".").dropFirst().last.map { ".\($0)" } ?? ""
        let file = File(
            id: "SIMFILE-\(last)", uniqueID: "SIMU\(last)", path: "\(folder)/file_\(last)\(suffix)", upload: upload)
        files[file.id] = file
        order.append(file.id)
        bytes += upload.bytes.count
        while bytes > Self.capacity, order.count > 1, let old = order.popFirst() {
            bytes -= files.removeValue(forKey: old)?.upload.bytes.count ?? 0
        }
        return file
    }

    subscript(_ id: String) -> File? { files[id] }

    /// The file at a path of `getFile`.
    func at(path: String) -> File? { files.values.first { $0.path == path } }
}
