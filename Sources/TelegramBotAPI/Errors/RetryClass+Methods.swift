extension RetryClass {
    /// Every method of Bot API 10.1 with its class.
    ///
    /// Three stand elsewhere than their names suggest: `replaceManagedBotToken` makes a new token each time it is called,
    /// `refundStarPayment` refuses the second refund, and `sendRichMessageDraft` shows a draft that the next one replaces.
    static let methods: [(RetryClass, String)] = [
        (
            .reads,
            """
            getUpdates getWebhookInfo getMe getUserProfilePhotos getUserProfileAudios getFile getChat
            getChatAdministrators getChatMemberCount getChatMember getUserPersonalChatMessages
            getForumTopicIconStickers getUserChatBoosts getBusinessConnection getManagedBotToken
            getManagedBotAccessSettings getMyCommands getMyName getMyDescription getMyShortDescription
            getChatMenuButton getMyDefaultAdministratorRights getAvailableGifts getBusinessAccountStarBalance
            getBusinessAccountGifts getUserGifts getChatGifts getStickerSet getCustomEmojiStickers getMyStarBalance
            getStarTransactions getGameHighScores
            """
        ),
        (
            .converges,
            """
            setWebhook deleteWebhook setMessageReaction setUserEmojiStatus banChatMember unbanChatMember
            restrictChatMember promoteChatMember setChatAdministratorCustomTitle setChatMemberTag banChatSenderChat
            unbanChatSenderChat setChatPermissions editChatInviteLink editChatSubscriptionInviteLink
            revokeChatInviteLink approveChatJoinRequest declineChatJoinRequest setChatPhoto deleteChatPhoto
            setChatTitle setChatDescription pinChatMessage unpinChatMessage unpinAllChatMessages leaveChat
            setChatStickerSet deleteChatStickerSet editForumTopic closeForumTopic reopenForumTopic deleteForumTopic
            unpinAllForumTopicMessages editGeneralForumTopic closeGeneralForumTopic reopenGeneralForumTopic
            hideGeneralForumTopic unhideGeneralForumTopic unpinAllGeneralForumTopicMessages
            setManagedBotAccessSettings setMyCommands deleteMyCommands setMyName setMyDescription
            setMyShortDescription setMyProfilePhoto removeMyProfilePhoto setChatMenuButton
            setMyDefaultAdministratorRights verifyUser verifyChat removeUserVerification removeChatVerification
            readBusinessMessage deleteBusinessMessages setBusinessAccountName setBusinessAccountUsername
            setBusinessAccountBio setBusinessAccountProfilePhoto removeBusinessAccountProfilePhoto
            setBusinessAccountGiftSettings editStory deleteStory editMessageText editMessageCaption editMessageMedia
            editMessageLiveLocation stopMessageLiveLocation editMessageChecklist editMessageReplyMarkup stopPoll
            approveSuggestedPost declineSuggestedPost deleteMessage deleteMessages deleteMessageReaction
            deleteAllMessageReactions setStickerPositionInSet deleteStickerFromSet replaceStickerInSet
            setStickerEmojiList setStickerKeywords setStickerMaskPosition setStickerSetTitle setStickerSetThumbnail
            setCustomEmojiStickerSetThumbnail deleteStickerSet refundStarPayment editUserStarSubscription
            setPassportDataErrors setGameScore
            """
        ),
        (
            .answersOnce,
            """
            answerChatJoinRequestQuery answerCallbackQuery answerGuestQuery answerWebAppQuery answerInlineQuery
            answerShippingQuery answerPreCheckoutQuery
            """
        ),
        (
            .ephemeral,
            """
            sendMessageDraft sendChatAction sendRichMessageDraft
            """
        ),
        (
            .creates,
            """
            sendMessage forwardMessage forwardMessages copyMessage copyMessages sendPhoto sendLivePhoto sendAudio
            sendDocument sendVideo sendAnimation sendVoice sendVideoNote sendPaidMedia sendMediaGroup sendLocation
            sendVenue sendContact sendPoll sendChecklist sendDice exportChatInviteLink createChatInviteLink
            createChatSubscriptionInviteLink sendChatJoinRequestWebApp createForumTopic replaceManagedBotToken
            sendGift giftPremiumSubscription transferBusinessAccountStars convertGiftToStars upgradeGift transferGift
            postStory repostStory savePreparedInlineMessage savePreparedKeyboardButton sendSticker uploadStickerFile
            createNewStickerSet addStickerToSet sendRichMessage sendInvoice createInvoiceLink sendGame
            """
        ),
        (
            .session,
            """
            logOut close
            """
        ),
    ]
}
