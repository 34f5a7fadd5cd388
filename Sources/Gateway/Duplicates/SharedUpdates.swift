package import PlatformAPI

/// What the gateway's replicas know together of updates that are safe. May be away at any time.
package protocol SharedUpdates: Sendable {
    /// Whether one of the replicas has made it safe.
    func contains(_ update: Int64, of bot: BotID) async throws -> Bool
    /// It is safe.
    func insert(_ update: Int64, of bot: BotID) async throws
}
