import Foundation
package import TelegramBotAPI

/// One small Update of each kind with what must be found in it.
package struct UpdateSample: Sendable, CustomStringConvertible {
    package let kind: UpdateKind
    package let chatID: Int64?
    package let userID: Int64?
    /// The JSON object beside the number.
    package let content: String

    package var description: String { kind.rawValue }

    /// The update whole.
    /// - Parameter name: in place of its kind's.
    package func json(updateID: Int64 = 700_001, named name: String? = nil) -> [UInt8] {
        Array(#"{"update_id":\#(updateID),"\#(name ?? kind.rawValue)":\#(content)}"#.utf8)
    }

    private static let ada = #"{"id":5001,"is_bot":false,"first_name":"Ada","language_code":"en"}"#
    private static let adasChat = #"{"id":5001,"first_name":"Ada","type":"private"}"#
    private static let group = #"{"id":-100900800700,"title":"Chess club","type":"supergroup"}"#
    private static let post =
        #"{"message_id":9,"sender_chat":\#(group),"chat":\#(group),"date":1767000000,"text":"Pin"}"#
    private static let text =
        #"{"message_id":8,"from":\#(ada),"chat":\#(adasChat),"date":1767000000,"text":"Hi \ud83d\udc4b \"you\""}"#

    package static let all: [UpdateSample] = [
        .init(kind: .message, chatID: 5001, userID: 5001, content: text),
        .init(kind: .editedMessage, chatID: 5001, userID: 5001, content: text),
        .init(kind: .channelPost, chatID: -100_900_800_700, userID: nil, content: post),
        .init(kind: .editedChannelPost, chatID: -100_900_800_700, userID: nil, content: post),
        .init(
            kind: .businessConnection, chatID: 5002, userID: 5001,
            content: #"{"id":"bc1","user":\#(ada),"user_chat_id":5002,"date":1767000000,"is_enabled":true}"#),
        .init(kind: .businessMessage, chatID: 5001, userID: 5001, content: text),
        .init(kind: .editedBusinessMessage, chatID: 5001, userID: 5001, content: text),
        .init(
            kind: .deletedBusinessMessages, chatID: 5001, userID: nil,
            content: #"{"business_connection_id":"bc1","chat":\#(adasChat),"message_ids":[1,2]}"#),
        .init(kind: .guestMessage, chatID: 5001, userID: 5001, content: text),
        .init(
            kind: .messageReaction, chatID: -100_900_800_700, userID: 5001,
            content: #"{"chat":\#(group),"message_id":9,"user":\#(ada),"date":1,"old_reaction":[],"new_reaction":[]}"#),
        .init(
            kind: .messageReactionCount, chatID: -100_900_800_700, userID: nil,
            content: #"{"chat":\#(group),"message_id":9,"date":1,"reactions":[]}"#),
        .init(
            kind: .inlineQuery, chatID: nil, userID: 5001,
            content: #"{"id":"77","from":\#(ada),"query":"chess","offset":"","chat_type":"private"}"#),
        .init(
            kind: .chosenInlineResult, chatID: nil, userID: 5001,
            content: #"{"result_id":"1","from":\#(ada),"query":"chess"}"#),
        .init(
            kind: .callbackQuery, chatID: -100_900_800_700, userID: 5001,
            content: #"{"id":"78","from":\#(ada),"message":\#(post),"chat_instance":"-4","data":"vote:1"}"#),
        .init(
            kind: .shippingQuery, chatID: nil, userID: 5001,
            content: #"{"id":"79","from":\#(ada),"invoice_payload":"p","shipping_address":{"country_code":"DE"}}"#),
        .init(
            kind: .preCheckoutQuery, chatID: nil, userID: 5001,
            content: #"{"id":"80","from":\#(ada),"currency":"XTR","total_amount":5,"invoice_payload":"p"}"#),
        .init(
            kind: .purchasedPaidMedia, chatID: nil, userID: 5001,
            content: #"{"from":\#(ada),"paid_media_payload":"p"}"#),
        .init(
            kind: .poll, chatID: nil, userID: nil,
            content: #"{"id":"81","question":"e4?","options":[{"text":"yes","voter_count":1}],"total_voter_count":1}"#),
        .init(
            kind: .pollAnswer, chatID: nil, userID: 5001,
            content: #"{"poll_id":"81","user":\#(ada),"option_ids":[0]}"#),
        .init(
            kind: .myChatMember, chatID: 5001, userID: 5001,
            content: #"{"chat":\#(adasChat),"from":\#(ada),"date":1,"old_chat_member":{},"new_chat_member":{}}"#),
        .init(
            kind: .chatMember, chatID: -100_900_800_700, userID: 5001,
            content: #"{"chat":\#(group),"from":\#(ada),"date":1,"old_chat_member":{},"new_chat_member":{}}"#),
        .init(
            kind: .chatJoinRequest, chatID: -100_900_800_700, userID: 5001,
            content: #"{"chat":\#(group),"from":\#(ada),"user_chat_id":5001,"date":1}"#),
        .init(
            kind: .chatBoost, chatID: -100_900_800_700, userID: 5001,
            content: #"{"chat":\#(group),"boost":{"boost_id":"b","source":{"source":"premium","user":\#(ada)}}}"#),
        .init(
            kind: .removedChatBoost, chatID: -100_900_800_700, userID: 5001,
            content: #"{"chat":\#(group),"boost_id":"b","source":{"source":"gift_code","user":\#(ada)}}"#),
        .init(
            kind: .managedBot, chatID: nil, userID: 5001,
            content: #"{"user":\#(ada),"bot":{"id":5009,"is_bot":true,"first_name":"Robot"}}"#),
    ]

    /// The files of the folder that `TGS_UPDATE_SAMPLES` names, for those who have captured updates.
    package static let captured: [(name: String, bytes: [UInt8])] = {
        guard let folder = capturedFolder else { return [] }
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.sorted().filter { $0.hasSuffix(".json") }.compactMap { name in
            TestFolder.read("\(folder)/\(name)").map { (name: name, bytes: Array($0)) }
        }
    }()

    /// That folder; `nil` when there is none.
    package static var capturedFolder: String? {
        ProcessInfo.processInfo.environment["TGS_UPDATE_SAMPLES"].flatMap { $0.isEmpty ? nil : $0 }
    }
}
