/// How a bot stands in a group or channel.
package enum BotMembership: String, Codable, Sendable {
    case member, administrator, left, kicked

    var isInside: Bool { self == .member || self == .administrator }
}
