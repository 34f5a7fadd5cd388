import HTTPTypes

/// A request to the API server before server, credentials and common headers are added.
struct APIRequest {
    var method: HTTPMethod = .get
    /// Percent-encoded, begins with a slash.
    var path: String
    var query: [(String, String)] = []
    var body: [UInt8] = []
    /// The body's media type; `nil` when there is no body.
    var contentType: String?

    static let json = "application/json"
    static let mergePatch = "application/merge-patch+json"
    static let jsonPatch = "application/json-patch+json"
    /// Despite the name JSON is taken as well, being YAML too.
    static let applyPatch = "application/apply-patch+yaml"

    /// "GET /api/v1/namespaces/default/secrets/x", for messages.
    var summary: String { "\(method) \(path)" }
}
