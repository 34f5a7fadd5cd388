import JSON

extension World {
    /// Questions about chats and users.
    static let chatMethods: [String: Method] = [
        "getChat": { world, context, _ in
            let chat = try world.target(context)
            return MethodResult(result: chat.json, chatID: nil)
        },
        "getChatMemberCount": { world, context, _ in
            let chat = try world.target(context)
            return MethodResult(result: "\(chat.kind == .private ? 2 : chat.bots.values.filter(\.isInside).count + 1)")
        },
        "getChatMember": { world, context, _ in
            let chat = try world.target(context)
            let id = context.arguments.int("user_id") ?? 0
            let status: BotMembership
            let user: String
            if let bot = world.bots[id] {
                (status, user) = (chat.bots[id] ?? .left, bot.userJSON)
            } else if let person = world.people[id] {
                (status, user) = (.member, person.userJSON)
            } else {
                throw APIFailure.badRequest("user not found")
            }
            return MethodResult(
                result: JSONObjectWriter.object {
                    $0.add("user", raw: user)
                    $0.add("status", status.rawValue)
                })
        },
        "leaveChat": { world, context, _ in
            let chat = try world.target(context)
            guard chat.kind != .private else {
                throw APIFailure.badRequest("chat member status can't be changed in private chats")
            }
            world.chats[chat.id]?.bots[context.bot] = .left
            return .done
        },
        "getUserProfilePhotos": { world, context, _ in
            guard world.people[context.arguments.int("user_id") ?? 0] != nil else {
                throw APIFailure.badRequest("user not found")
            }
            return MethodResult(result: #"{"total_count":0,"photos":[]}"#)
        },
    ]
}
