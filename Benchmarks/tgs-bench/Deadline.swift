import Concurrency

/// Something that did not come about in time.
struct NotInTime: Error, CustomStringConvertible {
    let description: String
}

/// Tries until `check` answers `true`.
/// - Throws: ``NotInTime`` after `limit`, with the last error of `check`, if any.
func eventually(
    _ what: String, within limit: Duration = .seconds(120), every pause: Duration = .milliseconds(100),
    _ check: () async throws -> Bool
) async throws {
    let deadline = ContinuousClock.now + limit
    var last = ""
    while ContinuousClock.now < deadline {
        do {
            if try await check() { return }
        } catch {
            last = ": \(error)"
        }
        try await Task.sleep(for: pause)
    }
    throw NotInTime(description: "not in \(limit.seconds) s: \(what)\(last)")
}
