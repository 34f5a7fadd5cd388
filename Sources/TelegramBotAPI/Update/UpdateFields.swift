import CUpdateScanner

/// The few fields of an Update that the platform needs: which one it is, and whose order it belongs to.
///
/// Read in one pass without decoding the rest; the pass also proves that the text is well-formed JSON, so that it can
/// be embedded in another JSON text byte for byte.
package struct UpdateFields: Sendable, Equatable {
    /// Telegram's number of the update; sequential for a bot, but see the Bot API on restarts of the sequence.
    package let updateID: Int64
    package let kind: UpdateKind
    /// The chat it happened in: of the message, of the message a button stood on, of a membership change, of a reaction;
    /// the private chat of a business connection; the anonymous voter's chat. `nil` for inline queries, payments, polls.
    package let chatID: Int64?
    /// Who did it; `nil` for channel posts, polls and anonymous actors.
    package let userID: Int64?

    /// What orders updates among themselves: the chat, else the user, else nothing (then the update's own number).
    package var queueKey: Int64 { chatID ?? userID ?? updateID }

    /// Reads the fields of one Update. Any length and content is safe; a text over 64 MiB or deeper than 256 levels is
    /// refused.
    package static func scan(_ bytes: [UInt8]) throws(UpdateScanError) -> UpdateFields {
        try scan(bytes[...])
    }

    /// As ``scan(_:)-([UInt8])``, for a part of a larger buffer.
    package static func scan(_ bytes: ArraySlice<UInt8>) throws(UpdateScanError) -> UpdateFields {
        var fields = tgs_update_fields()
        let status = unsafe bytes.withUnsafeBufferPointer { buffer in
            unsafe tgs_update_scan(buffer.baseAddress, buffer.count, &fields)
        }
        if let error = UpdateScanError(status: status) { throw error }
        return UpdateFields(
            updateID: fields.update_id,
            kind: UpdateKind(scannerIndex: fields.kind),
            chatID: fields.has_chat_id != 0 ? fields.chat_id : nil,
            userID: fields.has_user_id != 0 ? fields.user_id : nil)
    }
}
