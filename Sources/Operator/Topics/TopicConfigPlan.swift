import KafkaClient

/// Which settings of a topic to change. Pure.
enum TopicConfigPlan {
    /// - Parameters:
    ///   - wanted: by Kafka's names.
    ///   - managed: names that were given to the topic before: those no longer wanted are taken off.
    ///   - present: what the topic has.
    /// - Returns: the changes; `nil` takes a setting off. Empty when all is as it should be.
    static func changes(
        wanted: [String: String], managed: [String], present: [String: TopicConfigurationEntry]
    ) -> [String: String?] {
        var changes: [String: String?] = [:]
        for (name, value) in wanted where present[name]?.value != value { changes[name] = value }
        for name in managed where wanted[name] == nil && present[name]?.isDefault == false {
            changes[name] = String?.none
        }
        return changes
    }
}
