import HTTPServer

/// The body of a call of which the beginning has been looked at: no more than it takes to know the chat.
struct PeekedBody: Sendable {
    /// What has come so far; all of it when there is no ``rest``.
    private(set) var prefix: [UInt8]
    /// What comes behind it.
    private(set) var rest: HTTPServerBody?
    /// Of the whole body; `nil` when the client has not said.
    let length: Int?

    /// So much of a body is looked at. Fields stand before files in what the usual clients send.
    static let limit = 65_536

    /// Reads until `isEnough`, to the end, or until ``limit``.
    /// - Parameter isEnough: asked with what has come.
    /// - Throws: `RequestBodyError`.
    init(_ request: HTTPServerRequest, until isEnough: (PeekedBody) -> Bool) async throws {
        prefix = request.body
        rest = request.stream
        length = request.stream == nil ? request.body.count : request.stream?.length
        while let stream = rest, prefix.count < Self.limit, prefix.isEmpty || !isEnough(self) {
            guard let bytes = try await stream.next() else {
                rest = nil
                return
            }
            prefix += bytes
        }
    }
}
