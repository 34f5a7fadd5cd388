import PlatformAPI

/// How many workers there are where no autoscaler says so. Pure.
enum ReplicaPlan {
    /// With how many a Deployment is made.
    static func initial(_ bot: TelegramBot, hasKEDA: Bool) -> Int {
        if bot.spec.suspend != nil { return 0 }
        return hasKEDA ? bot.spec.minReplicas : max(1, bot.spec.minReplicas)
    }

    /// To how many a Deployment is brought without KEDA; `nil` when it is left alone.
    static func withoutKEDA(_ bot: TelegramBot, present: Int) -> Int? {
        let isSuspended = bot.spec.suspend != nil
        let fixed = fixed(bot)
        return (isSuspended ? present > 0 : present < fixed) ? fixed : nil
    }

    /// How many there are all the time without KEDA.
    static func fixed(_ bot: TelegramBot) -> Int { bot.spec.suspend != nil ? 0 : max(1, bot.spec.minReplicas) }

    /// What `ScalerReady` says without KEDA.
    static func messageWithoutKEDA(_ bot: TelegramBot) -> String {
        "KEDA is not installed: the bot runs with \(fixed(bot)) worker(s) all the time. "
            + "Install KEDA 2.20 and it is taken up by itself"
    }
}
