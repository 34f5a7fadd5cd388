import CUpdateScanner

/// What an Update is about: the name of its one field beside `update_id` (Bot API 10.1).
package enum UpdateKind: String, CaseIterable, Sendable {
    case message
    case editedMessage = "edited_message"
    case channelPost = "channel_post"
    case editedChannelPost = "edited_channel_post"
    case businessConnection = "business_connection"
    case businessMessage = "business_message"
    case editedBusinessMessage = "edited_business_message"
    case deletedBusinessMessages = "deleted_business_messages"
    case guestMessage = "guest_message"
    case messageReaction = "message_reaction"
    case messageReactionCount = "message_reaction_count"
    case inlineQuery = "inline_query"
    case chosenInlineResult = "chosen_inline_result"
    case callbackQuery = "callback_query"
    case shippingQuery = "shipping_query"
    case preCheckoutQuery = "pre_checkout_query"
    case purchasedPaidMedia = "purchased_paid_media"
    case poll
    case pollAnswer = "poll_answer"
    case myChatMember = "my_chat_member"
    case chatMember = "chat_member"
    case chatJoinRequest = "chat_join_request"
    case chatBoost = "chat_boost"
    case removedChatBoost = "removed_chat_boost"
    case managedBot = "managed_bot"
    /// A kind that is newer than this list, or none at all. Passed on like every other.
    case unknown

    /// All but ``unknown``: what may stand in `allowed_updates`.
    package static let known = allCases.filter { $0 != .unknown }

    /// What `allowed_updates: []` leaves out: Telegram sends these only when they are asked for by name.
    package static let onlyOnRequest: Set<UpdateKind> = [.chatMember, .messageReaction, .messageReactionCount]

    /// Translates the scanner's index.
    init(scannerIndex index: Int32) {
        self = index >= 0 && Int(index) < Self.byIndex.count ? Self.byIndex[Int(index)] : .unknown
    }

    /// The scanner's table in Swift's values; made from its names, so that the order need not be kept in two places.
    private static let byIndex: [UpdateKind] = {
        var kinds: [UpdateKind] = []
        while let name = unsafe tgs_update_kind_name(Int32(kinds.count)) {
            kinds.append(UpdateKind(rawValue: unsafe String(cString: name)) ?? .unknown)
        }
        return kinds
    }()
}
