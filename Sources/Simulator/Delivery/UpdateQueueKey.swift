import TelegramBotAPI

/// The queue an update waits in. Within a queue updates go out one after another; queues go out side by side.
///
/// The official server's choice: messages and posts, also edited ones, by their chat; queries by their user, apart from
/// the chat's messages and from other kinds of query; polls by themselves.
struct UpdateQueueKey: Hashable, Sendable {
    /// Keeps queues of different kinds with the same number apart; messages are 0.
    let group: UInt8
    let number: Int64

    init(kind: UpdateKind, chatID: Int64?, userID: Int64?, updateID: Int64) {
        let chatOrUser = chatID ?? userID ?? updateID
        let userOrChat = userID ?? chatID ?? updateID
        switch kind {
        case .message, .editedMessage, .channelPost, .editedChannelPost: (group, number) = (0, chatOrUser)
        case .inlineQuery: (group, number) = (1, userOrChat)
        case .chosenInlineResult: (group, number) = (2, userOrChat)
        case .callbackQuery: (group, number) = (3, userOrChat)
        case .shippingQuery, .preCheckoutQuery: (group, number) = (4, userOrChat)
        case .poll: (group, number) = (5, updateID)
        case .pollAnswer: (group, number) = (6, userOrChat)
        case .myChatMember, .chatMember, .chatJoinRequest: (group, number) = (7, chatOrUser)
        case .messageReaction, .messageReactionCount: (group, number) = (8, chatOrUser)
        case .businessConnection, .businessMessage, .editedBusinessMessage, .deletedBusinessMessages:
            (group, number) = (9, chatOrUser)
        case .guestMessage, .purchasedPaidMedia, .chatBoost, .removedChatBoost, .managedBot, .unknown:
            (group, number) = (10, chatOrUser)
        }
    }
}
