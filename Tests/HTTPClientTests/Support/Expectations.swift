import Concurrency
import Glibc
import HTTPClient
import Testing

/// Waits until `condition` holds; `false` after 20 seconds.
func eventually(_ condition: () -> Bool) async -> Bool {
    let clock = ContinuousClock()
    let end = clock.now + .seconds(20)
    while clock.now < end {
        if condition() { return true }
        guard await sleepUnlessCancelled(for: .milliseconds(5)) else { return condition() }
    }
    return condition()
}

/// The client's error that `body` throws.
func clientError(
    sourceLocation: SourceLocation = #_sourceLocation, _ body: () async throws -> Void
) async throws -> HTTPClientError {
    try #require(
        await #expect(throws: HTTPClientError.self, sourceLocation: sourceLocation) { try await body() },
        sourceLocation: sourceLocation)
}

/// Runs `body` with a client that is shut down behind it.
func withClient<Result>(
    _ configuration: HTTPClient.Configuration = .init(), _ body: (HTTPClient) async throws -> Result
) async throws -> Result {
    let client = try HTTPClient(configuration)
    do {
        let result = try await body(client)
        await client.shutdown()
        return result
    } catch {
        await client.shutdown()
        throw error
    }
}

extension HTTPClient.Configuration {
    /// The defaults, changed.
    static func with(_ change: (inout Self) -> Void) -> Self {
        var configuration = Self()
        change(&configuration)
        return configuration
    }
}

/// Blocks a server's thread for ten milliseconds.
func pauseBriefly() { usleep(10_000) }
