/// When Telegram is told that an update has arrived, so that it need not be sent again.
package enum Acknowledgement: String, Codable, Sendable, CaseIterable {
    /// When the broker has it for good.
    case whenDurable = "WhenDurable"
    /// As soon as it is on its way to the broker: what fails behind that is lost.
    case always = "Always"
}
