import PlatformAPI

/// Which image a bot's Deployment gets, and whether a new version has proved good or failed. Pure.
///
/// Kubernetes' own progress deadline is not enough: a Deployment without pods counts as rolled out, so a new version of a
/// bot that sleeps would never be found bad.
struct RolloutPlan: Equatable {
    /// The image to apply.
    let image: String
    let state: TelegramBotStatus.Rollout
    /// What is new in the history.
    var result: TelegramBotStatus.HistoryEntry.Result?
    /// Whether the version that is asked for has failed.
    var hasFailed = false
    /// In how many seconds the deadline passes, while it runs.
    var secondsLeft: Int64?
    /// Whether the version that is asked for has had all its workers ready, now or before.
    var isProven: Bool { state.goodTemplate == state.template }

    /// What is asked for.
    struct Wish: Equatable {
        let image: String
        /// Fingerprint of the pod template with that image.
        let template: String
        /// How many seconds its workers may take to become ready.
        let deadline: Int64
        let policy: TelegramBotSpec.FailurePolicy
    }

    /// What the Deployment shows.
    struct Observed: Equatable {
        /// It is of the template that is asked for, and its controller has seen that.
        let isCurrent: Bool
        let replicas: Int
        /// All pods; those of the version before are among them until enough of the new one are ready.
        let total: Int
        /// Pods of the newest template, and pods that have been ready for long enough, of whichever.
        let updated: Int
        let available: Int

        var isGood: Bool {
            isCurrent && replicas > 0 && updated >= replicas && total <= updated && available >= replicas
        }
    }

    /// A point in time.
    struct Time: Equatable {
        /// Since 1970.
        let seconds: Int64
        /// As the status writes it.
        let text: String
    }

    /// - Parameters:
    ///   - before: what the status remembers; `nil` for a bot that is new.
    ///   - startedAt: `before.startedAt` in seconds since 1970.
    ///   - observed: `nil` when there is no Deployment.
    static func decide(
        _ wish: Wish, before: TelegramBotStatus.Rollout?, startedAt: Int64?, observed: Observed?, now: Time
    ) -> RolloutPlan {
        var state = before ?? TelegramBotStatus.Rollout(image: wish.image, template: wish.template)
        if state.template != wish.template {
            state.template = wish.template
            state.startedAt = nil
            state.failedTemplate = nil
        }
        state.image = wish.image
        let fallback = wish.policy == .rollback && state.goodImage != wish.image ? state.goodImage : nil
        let hasFailed = state.failedTemplate == wish.template
        if hasFailed, let fallback { return RolloutPlan(image: fallback, state: state, hasFailed: true) }

        guard let observed, observed.replicas > 0 else {
            // Nobody is waited for while the bot sleeps.
            state.startedAt = nil
            return RolloutPlan(image: wish.image, state: state, hasFailed: hasFailed)
        }
        if observed.isGood {
            let isNews = state.goodTemplate != wish.template
            state.goodImage = wish.image
            state.goodTemplate = wish.template
            state.startedAt = nil
            state.failedTemplate = nil
            return RolloutPlan(image: wish.image, state: state, result: isNews ? .deployed : nil)
        }
        // What has proved good is not judged again when it is scaled or a pod of it fails.
        if hasFailed || state.goodTemplate == wish.template {
            return RolloutPlan(image: wish.image, state: state, hasFailed: hasFailed)
        }
        let started = state.startedAt == nil ? now.seconds : startedAt ?? now.seconds
        if state.startedAt == nil { state.startedAt = now.text }
        let left = wish.deadline - (now.seconds - started)
        guard left <= 0 else { return RolloutPlan(image: wish.image, state: state, secondsLeft: left) }
        state.startedAt = nil
        state.failedTemplate = wish.template
        return RolloutPlan(
            image: fallback ?? wish.image, state: state, result: fallback == nil ? .failed : .rolledBack,
            hasFailed: true)
    }
}
