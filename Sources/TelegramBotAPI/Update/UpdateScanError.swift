import CUpdateScanner

/// Why a text was not taken for an Update.
package struct UpdateScanError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What was wrong with it.
    package enum Code: String, Sendable {
        case notJSON = "it is not JSON"
        case notAnObject = "it is JSON but no object"
        case noUpdateID = "it has no integer update_id"
        case tooDeep = "it is nested deeper than 256 levels"
        case tooLarge = "it is longer than 64 MiB"
        case tooMany = "it has more updates than were asked for"
        case outOfMemory = "there is no memory to read it"
    }

    package let code: Code

    /// Whether the same text could be taken later.
    package var isRetriable: Bool { code == .outOfMemory }

    package var description: String {
        "not a Telegram Update: \(code.rawValue); send what Telegram's webhook sends, one Update object as UTF-8 JSON"
    }

    /// `nil` when the scanner's status says that all is well.
    init?(status: Int32) {
        switch Int(status) {
        case TGS_SCAN_OK: return nil
        case TGS_SCAN_NOT_AN_OBJECT: code = .notAnObject
        case TGS_SCAN_NO_UPDATE_ID: code = .noUpdateID
        case TGS_SCAN_TOO_DEEP: code = .tooDeep
        case TGS_SCAN_TOO_LARGE: code = .tooLarge
        case TGS_SCAN_TOO_MANY: code = .tooMany
        case TGS_SCAN_OUT_OF_MEMORY: code = .outOfMemory
        default: code = .notJSON
        }
    }
}
