/// One element of an answer to `getUpdates`, which may turn out not to be an Update: one that cannot be read must not
/// keep those beside it from being read, nor come again for ever.
package struct PolledUpdate: Sendable, Equatable {
    /// The JSON object, byte for byte.
    package let bytes: [UInt8]
    /// Telegram's number of it, as far as it can be told.
    package let id: Int64
    /// What it says; `nil`: it is not an Update.
    package let fields: UpdateFields?

    package init(bytes: [UInt8], id: Int64, fields: UpdateFields?) {
        self.bytes = bytes
        self.id = id
        self.fields = fields
    }

    /// The elements of an answer to `getUpdates` in their order.
    /// - Parameter offset: as it was asked for; `nil` for none.
    package static func all(of answer: [UInt8], askedFrom offset: Int64?) throws(UpdateScanError) -> [PolledUpdate] {
        var updates: [PolledUpdate] = []
        // Numbers follow one another. Should the guess for one without a readable number be too low, the same comes again
        // and the guess is higher then.
        var next = max(offset ?? 0, 0)
        for part in try RawUpdate.parts(of: answer) {
            let fields: UpdateFields?
            do {
                fields = try UpdateFields.scan(part)
            } catch {
                if error.isRetriable { throw error }
                fields = nil
            }
            let id = fields?.updateID ?? number(in: part) ?? next
            updates.append(PolledUpdate(bytes: Array(part), id: id, fields: fields))
            next = id &+ 1
        }
        return updates
    }

    /// The digits behind the first `"update_id":`, which Telegram writes at the beginning.
    private static func number(in bytes: ArraySlice<UInt8>) -> Int64? {
        let name = Array(#""update_id":"#.utf8)
        var rest = bytes.prefix(256)
        while rest.count > name.count, !rest.starts(with: name) { rest = rest.dropFirst() }
        let digits = rest.dropFirst(name.count).drop { $0 == UInt8(ascii: " ") }
            .prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        return Int64(String(decoding: digits, as: UTF8.self))
    }
}
