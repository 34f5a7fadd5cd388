/// What of the configuration the rules depend on.
struct WorldSettings: Sendable {
    var allowInsecureWebhooks = false
    var enforcesLimits = false
    var limits = DeliveryEngine.Limits()
    var recordCapacity = 20_000
    var recordBytes = 64 << 20
}
