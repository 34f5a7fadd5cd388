package import JSON

/// What a route's service may answer. Every field is optional, unknown ones are passed over; an empty body is an answer
/// that says nothing.
package struct RouteAnswer: Decodable, Sendable, Equatable {
    /// What is written to the chat.
    package var text: String?
    /// `HTML`, `MarkdownV2` or `Markdown`; `nil`: plain text.
    package var parseMode: String?
    /// Rows of buttons below the message; with `edit` and without `text` it replaces those that are there.
    package var keyboard: [[Button]]?
    /// Whether the message is changed that the pressed button stands on, instead of a new one being written.
    package var edit: Bool
    /// What pops up for the one who pressed a button.
    package var notice: String?
    /// Whether the notice has to be closed by hand.
    package var alert: Bool
    /// How the user is to be called in later requests.
    package var session: Session

    /// What becomes of the user's session.
    package enum Session: Sendable, Equatable {
        /// It stays as it is: there is no `user_id`.
        case keep
        /// It ends: `user_id` is null or empty.
        case end
        /// The user is called so: a text or a whole number.
        case set(JSONValue)
    }

    /// A button of an inline keyboard.
    package struct Button: Decodable, Sendable, Equatable {
        package var text: String
        /// What routes match when it is pressed.
        package var action: String?
        /// Sent with the action.
        package var targetUserID: String?
        /// What opens when it is pressed, instead of an action.
        package var url: String?

        private enum CodingKeys: String, CodingKey {
            case text, action, url
            case targetUserID = "target_user_id"
        }

        package init(text: String, action: String? = nil, targetUserID: String? = nil, url: String? = nil) {
            self.text = text
            self.action = action
            self.targetUserID = targetUserID
            self.url = url
        }

        package init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            text = try container.decode(String.self, forKey: .text)
            action = try container.decodeIfPresent(String.self, forKey: .action)
            url = try container.decodeIfPresent(String.self, forKey: .url)
            switch try container.decodeIfPresent(JSONValue.self, forKey: .targetUserID) {
            case nil, .null: targetUserID = nil
            case .int(let number): targetUserID = "\(number)"
            case .string(let text): targetUserID = text
            default:
                throw DecodingError.dataCorruptedError(
                    forKey: .targetUserID, in: container, debugDescription: "neither text nor a whole number")
            }
        }

        /// What Telegram sends when it is pressed.
        package var data: String? { action.map { action in targetUserID.map { "\(action):\($0)" } ?? action } }
    }

    private enum CodingKeys: String, CodingKey {
        case text, keyboard, edit, notice, alert
        case parseMode = "parse_mode"
        case userID = "user_id"
    }

    package init(
        text: String? = nil, parseMode: String? = nil, keyboard: [[Button]]? = nil, edit: Bool = false,
        notice: String? = nil, alert: Bool = false, session: Session = .keep
    ) {
        self.text = text
        self.parseMode = parseMode
        self.keyboard = keyboard
        self.edit = edit
        self.notice = notice
        self.alert = alert
        self.session = session
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        text = try container.decodeIfPresent(String.self, forKey: .text)
        parseMode = try container.decodeIfPresent(String.self, forKey: .parseMode)
        keyboard = try container.decodeIfPresent([[Button]].self, forKey: .keyboard)
        edit = try container.decodeIfPresent(Bool.self, forKey: .edit) ?? false
        notice = try container.decodeIfPresent(String.self, forKey: .notice)
        alert = try container.decodeIfPresent(Bool.self, forKey: .alert) ?? false
        guard container.contains(.userID) else {
            session = .keep
            return
        }
        switch try container.decode(JSONValue.self, forKey: .userID) {
        case .null, .string(""): session = .end
        case .int(let number): session = .set(.int(number))
        case .string(let text): session = .set(.string(text))
        default:
            throw DecodingError.dataCorruptedError(
                forKey: .userID, in: container, debugDescription: "neither text nor a whole number")
        }
    }
}

extension RouteAnswer {
    /// Bytes that the data of a button may have, by Telegram.
    package static let longestData = 64
    private static let longestText = 4096
    private static let longestNotice = 200
    private static let longestUserID = 256
    private static let mostButtons = 100
    private static let parseModes = ["HTML", "MarkdownV2", "Markdown"]

    /// Why the answer cannot become a message, without the message itself; `nil` when it can.
    package var problem: String? {
        if let parseMode, !Self.parseModes.contains(parseMode) {
            return "parse_mode is none of \(Self.parseModes.joined(separator: ", "))"
        }
        if let text {
            if text.allSatisfy(\.isWhitespace) { return "text is empty: leave it out to say nothing" }
            // Marks do not count, and only Telegram knows what is one.
            if parseMode == nil, text.utf16.count > Self.longestText {
                return "text has \(text.utf16.count) characters: Telegram takes \(Self.longestText)"
            }
        } else if keyboard != nil, !edit {
            return "keyboard has no text above it: give text, or edit to change the buttons that are there"
        }
        if let notice, notice.utf16.count > Self.longestNotice {
            return "notice has \(notice.utf16.count) characters: Telegram takes \(Self.longestNotice)"
        }
        if case .set(.string(let text)) = session, text.utf8.count > Self.longestUserID {
            return "user_id has \(text.utf8.count) bytes: \(Self.longestUserID) are possible"
        }
        let buttons = (keyboard ?? []).joined()
        if buttons.count > Self.mostButtons { return "keyboard has more than \(Self.mostButtons) buttons" }
        return buttons.lazy.compactMap(\.problem).first
    }
}

extension RouteAnswer.Button {
    fileprivate var problem: String? {
        if text.allSatisfy(\.isWhitespace) { return "a button has no text" }
        guard (action == nil) != (url == nil) else { return "a button needs either action or url" }
        guard let action, let data else { return nil }
        if action.isEmpty || action.contains(":") { return "the action of a button is empty or has a colon" }
        if data.utf8.count > RouteAnswer.longestData {
            return "action and target_user_id of a button have \(data.utf8.count) bytes: "
                + "\(RouteAnswer.longestData) are possible, the colon between them counted"
        }
        return nil
    }
}
