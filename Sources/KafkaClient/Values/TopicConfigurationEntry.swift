/// The value of one of a topic's settings.
package struct TopicConfigurationEntry: Sendable, Equatable {
    /// `nil` when the broker hides it (sensitive) or it has none.
    package let value: String?
    /// Not set on the topic itself, but the broker's or Kafka's own default.
    package let isDefault: Bool
    package let isReadOnly: Bool

    package init(value: String?, isDefault: Bool, isReadOnly: Bool) {
        self.value = value
        self.isDefault = isDefault
        self.isReadOnly = isReadOnly
    }
}
