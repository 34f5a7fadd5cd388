/// `metav1.LabelSelector` as anybody may write it.
package struct LabelQuery: Codable, Sendable, Hashable {
    package struct Expression: Codable, Sendable, Hashable {
        package var key: String
        /// "In", "NotIn", "Exists" or "DoesNotExist".
        package var `operator`: String
        package var values: [String]?

        package init(key: String, operator: String, values: [String]? = nil) {
            self.key = key
            self.operator = `operator`
            self.values = values
        }
    }

    package var matchLabels: [String: String]?
    package var matchExpressions: [Expression]?

    package init(matchLabels: [String: String]? = nil, matchExpressions: [Expression]? = nil) {
        self.matchLabels = matchLabels
        self.matchExpressions = matchExpressions
    }

    /// Whether it asks for nothing, and so finds everything.
    package var isEmpty: Bool { matchLabels?.isEmpty ?? true && matchExpressions?.isEmpty ?? true }

    /// Whether an object with these labels is found. An operator that is not known finds nothing.
    package func matches(_ labels: [String: String]) -> Bool {
        (matchLabels ?? [:]).allSatisfy { labels[$0.key] == $0.value }
            && (matchExpressions ?? []).allSatisfy { Self.holds($0, labels[$0.key]) }
    }

    private static func holds(_ expression: Expression, _ value: String?) -> Bool {
        let values = expression.values ?? []
        return switch expression.operator {
        case "In": value.map { values.contains($0) } ?? false
        case "NotIn": value.map { !values.contains($0) } ?? true
        case "Exists": value != nil
        case "DoesNotExist": value == nil
        default: false
        }
    }
}
