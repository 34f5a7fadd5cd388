/// How a simulator listens and how strictly it follows Telegram's rules.
package struct SimulatorConfiguration: Sendable {
    /// The address both listeners bind to.
    package var host = "127.0.0.1"
    /// Port of the Bot API; 0 takes a free one.
    package var apiPort: UInt16 = 0
    /// Port of the control API; 0 takes a free one.
    package var controlPort: UInt16 = 0
    /// Takes webhooks with `http://`, on any port, at private addresses and unresolvable names, as the official server
    /// does with `--local`. Off: Telegram's own rules.
    package var allowInsecureWebhooks = false
    /// What Telegram's times (retry delays, expiry, time-outs, long polling) are multiplied with: 0.01 makes a second of
    /// back-off 10 ms. More than 0.
    package var timeScale = 1.0
    /// The shortest time a webhook is given to answer, whatever the time scale makes of Telegram's 60 s.
    package var shortestDeliveryTimeout = Duration.seconds(2)
    /// How many calls of bots are remembered; older ones are forgotten, counts are kept.
    package var recordCapacity = 20_000
    /// How many bytes of parameters are remembered with them.
    package var recordBytes = 64 << 20
    /// Updates waiting for a bot, and their bytes; beyond them new ones are dropped silently.
    package var pendingUpdates = 100_000
    package var pendingBytes = 128 << 20
    /// Enforces Telegram's limits on sending: 1 message a second per chat, 20 a minute per group, 30 a second per bot.
    package var enforcesLimits = false
    /// The authority that webhooks' certificates are checked against, PEM; the system's when `nil`.
    package var certificateAuthorityPEM: [UInt8]?
    /// Start of the random numbers (update ids, probabilities); `nil` draws one.
    package var seed: UInt64?
    /// Threads of each listener.
    package var threads = 2

    package init() {}
}
