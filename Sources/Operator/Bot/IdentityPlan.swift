import PlatformAPI

/// Which bot a resource is, when its token is looked at again. Pure.
enum IdentityPlan {
    enum Decision: Equatable {
        /// The same bot as before, or the first one.
        case keep
        /// Another bot, as the owner has said: what was made for the former one is taken back.
        case change(from: BotID)
        /// Another bot than the owner has said, or than it was: why, as the end of a sentence about the token.
        case refuse(String)
    }

    /// - Parameters:
    ///   - token: the bot that the token is of.
    ///   - pinned: `spec.botID`.
    ///   - known: `status.botID`.
    static func decide(token: BotID, pinned: String?, known: String?) -> Decision {
        if let pinned, pinned != token.description {
            return .refuse(
                "is the token of \(token), but spec.botID is \(pinned): put the right token there, or change spec.botID"
            )
        }
        guard let known = known.flatMap({ BotID($0) }), known != token else { return .keep }
        guard pinned != nil else {
            return .refuse(
                "is the token of another bot (\(token)) than this resource has been (\(known)): put the right token there, "
                    + "or say that it is to become the other bot by spec.botID: \(token)")
        }
        return .change(from: known)
    }
}
