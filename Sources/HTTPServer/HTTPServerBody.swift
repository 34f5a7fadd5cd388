/// The body of a request that is still coming in, see ``HTTPServer/Configuration/streamedBodyBytes``. Read once, by one
/// task; the client has to wait while nobody reads. What is not read when the handler answers is dropped.
package struct HTTPServerBody: Sendable {
    private let read: @Sendable () async throws -> [UInt8]?

    /// Bytes that the client has announced; `nil` when it sends chunks.
    package let length: Int?

    /// - Parameter next: gives the next bytes, and `nil` at the end.
    package init(length: Int?, next: @escaping @Sendable () async throws -> [UInt8]?) {
        self.length = length
        read = next
    }

    /// What has come since the last call, never empty; `nil` at the end. Throws ``RequestBodyError``.
    package func next() async throws -> [UInt8]? { try await read() }
}
