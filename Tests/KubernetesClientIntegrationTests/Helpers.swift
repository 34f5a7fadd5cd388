import Foundation
import JSON

func encode(_ value: JSONValue) throws -> [UInt8] { Array(try JSONEncoder().encode(value)) }

struct WaitFailure: Error, CustomStringConvertible {
    let description: String
}

/// Asks again until the answer is yes; throws after 30 s.
func waitUntil(_ what: String, _ condition: () async throws -> Bool) async throws {
    let deadline = ContinuousClock.now + .seconds(30)
    while ContinuousClock.now < deadline {
        if try await condition() { return }
        try await Task.sleep(for: .milliseconds(50))
    }
    throw WaitFailure(description: "not within 30 s: \(what)")
}
