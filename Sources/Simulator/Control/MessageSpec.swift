package import JSON

/// A message that a user writes.
package struct MessageSpec: Codable, Sendable, Equatable {
    /// To which bot; in a group all its bots see it when `nil`.
    package var bot: Int64?
    /// Who writes; a user that does not exist is made.
    package var user: Int64
    /// In which chat; the private one with the bot when `nil`.
    package var chat: Int64?
    package var text: String?
    /// Changes this message instead of writing a new one.
    package var edits: Int64?
    /// Members added to the `Message` object as they are: a photo, a contact, `reply_to_message`.
    package var fields: [String: JSONValue]?

    package init(
        bot: Int64? = nil, user: Int64, chat: Int64? = nil, text: String? = nil, edits: Int64? = nil,
        fields: [String: JSONValue]? = nil
    ) {
        self.bot = bot
        self.user = user
        self.chat = chat
        self.text = text
        self.edits = edits
        self.fields = fields
    }
}
