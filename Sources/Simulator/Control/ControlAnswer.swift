import FoundationEssentials
import HTTPServer
import HTTPTypes

/// Answers of the control API.
enum ControlAnswer {
    /// A value as JSON.
    static func json(_ value: some Encodable, _ status: HTTPStatus = .ok) -> HTTPServerResponse {
        do {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            return .json(Array(try encoder.encode(value)), status)
        } catch {
            return .text(.internalServerError, "the answer cannot be written as JSON: \(error)\n")
        }
    }

    /// `{"error":…,"message":…}`.
    static func failure(_ error: SimulatorError) -> HTTPServerResponse {
        let status: HTTPStatus =
            switch error.code {
            case .notFound: .notFound
            case .exists: .conflict
            case .invalid: .badRequest
            case .unavailable: .serviceUnavailable
            }
        return json(["error": error.code.rawValue, "message": error.message], status)
    }
}
