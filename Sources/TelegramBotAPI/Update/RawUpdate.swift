import CUpdateScanner

/// One Update as Telegram wrote it, with its fields read.
package struct RawUpdate: Sendable, Equatable {
    /// The JSON object, byte for byte.
    package let bytes: [UInt8]
    package let fields: UpdateFields

    /// The most updates one answer to `getUpdates` holds, by Telegram's own limit.
    package static let mostInAnAnswer = 100

    /// The updates of an answer to `getUpdates` in their order. What is not an Update in itself fails the whole.
    package static func split(answer bytes: [UInt8]) throws(UpdateScanError) -> [RawUpdate] {
        var updates: [RawUpdate] = []
        for part in try parts(of: bytes) {
            updates.append(RawUpdate(bytes: Array(part), fields: try UpdateFields.scan(part)))
        }
        return updates
    }

    /// The elements of an answer to `getUpdates` in their order, unread.
    static func parts(of bytes: [UInt8]) throws(UpdateScanError) -> [ArraySlice<UInt8>] {
        var slices = [tgs_slice](repeating: tgs_slice(), count: mostInAnAnswer)
        var count = 0
        let status = unsafe bytes.withUnsafeBufferPointer { buffer in
            unsafe slices.withUnsafeMutableBufferPointer { slices in
                unsafe tgs_updates_split(buffer.baseAddress, buffer.count, slices.baseAddress, slices.count, &count)
            }
        }
        if let error = UpdateScanError(status: status) { throw error }
        return slices.prefix(count).map { bytes[$0.offset..<$0.offset + $0.length] }
    }
}
