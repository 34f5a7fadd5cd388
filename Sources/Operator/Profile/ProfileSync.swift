import PlatformAPI

/// The profile of one bot while it is being synced. Used by one task.
final class ProfileSync {
    /// Why no more calls are made.
    enum Stop {
        case rateLimited(seconds: Int, String)
        case unavailable(String)
    }

    let wish: ProfileWish
    let hash: String
    let known: TelegramBotStatus.Profile?
    /// The wish was given to Telegram before: what differs was changed by somebody else.
    let isApplied: Bool
    var appliedHash: String?
    var managed: Set<ProfileKey>
    var observed: [ProfileKey: ProfileValue] = [:]
    var stop: Stop?
    /// What Telegram does not take, each with its words.
    var refusals: [String] = []
    var repaired: [String] = []
    var drifted: [String] = []

    init(wish: ProfileWish, hash: String, known: TelegramBotStatus.Profile?, managed: Set<ProfileKey>) {
        self.wish = wish
        self.hash = hash
        self.known = known
        self.managed = managed
        isApplied = known?.appliedHash == hash
        appliedHash = known?.appliedHash
        if wish.values[.defaultName] == nil { self.managed.remove(.defaultName) }
    }

    /// Takes the outcome of a call.
    func finish(_ call: ProfilePlan.Call, isDone: Bool) {
        if call.isRelease {
            if stop == nil { managed.remove(call.key) }
        } else if isDone {
            managed.insert(call.key)
            if isApplied { repaired.append("profile \(call.key)") }
        }
    }
}
