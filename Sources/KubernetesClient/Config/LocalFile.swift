import FoundationEssentials

/// Small files: configuration, certificates, tokens.
enum LocalFile {
    /// More than any of them has.
    static let largest = 16 << 20

    /// The file's bytes; the error's description says why not, in few words.
    static func read(_ path: String) throws(Failure) -> [UInt8] {
        do {
            let data = try Data(contentsOf: URL(filePath: path))
            guard data.count <= largest else { throw Failure(description: "it is larger than \(largest) bytes") }
            return Array(data)
        } catch let error as Failure {
            throw error
        } catch {
            throw Failure(description: reason(error, path))
        }
    }

    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    private static func reason(_ error: any Error, _ path: String) -> String {
        guard let error = error as? CocoaError else { return "\(error)" }
        return switch error.code {
        case .fileReadNoSuchFile, .fileNoSuchFile: "there is no such file"
        case .fileReadNoPermission: "permission denied"
        default: "it cannot be opened (\(error.code.rawValue))"
        }
    }
}
