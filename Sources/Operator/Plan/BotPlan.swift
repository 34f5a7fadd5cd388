package import JSON
package import KubernetesTypes

/// What a look at some resources came to: what would change if they were applied. Holds no tokens and no secrets.
package struct Plan: Encodable, Sendable, Equatable {
    /// Of this shape as JSON; raised when a reader of the one before would go wrong.
    package var version = 1
    package var bots: [BotPlan]
    /// What was in the files and is no bot: gateways and Secrets that were taken as applied, as "kind namespace/name".
    package var taken: [String]
    /// What was in the files and is not planned, as "kind namespace/name".
    package var passedOver: [String]

    package init(bots: [BotPlan], taken: [String] = [], passedOver: [String] = []) {
        self.bots = bots
        self.taken = taken
        self.passedOver = passedOver
    }

    /// Whether anything would change.
    package var hasChanges: Bool { bots.contains(where: \.hasChanges) }

    private enum CodingKeys: String, CodingKey { case version, hasChanges, summary, bots, taken, passedOver }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(version, forKey: .version)
        try container.encode(hasChanges, forKey: .hasChanges)
        try container.encode(PlanSummary(self), forKey: .summary)
        try container.encode(bots, forKey: .bots)
        try container.encode(taken, forKey: .taken)
        try container.encode(passedOver, forKey: .passedOver)
    }
}

/// What applying one TelegramBot would change.
package struct BotPlan: Encodable, Sendable, Equatable {
    package var namespace: String
    package var name: String
    /// `bot_<number>`, once the token was read.
    package var botID: String?
    /// Without the @, when Telegram was asked.
    package var username: String?
    /// "namespace/name" of the gateway.
    package var gateway: String?
    package var kubernetes: [ObjectChange] = []
    package var kafka = KafkaPlan()
    package var telegram = TelegramPlan()
    /// Conditions that the bot would have and that somebody should know of: the one of a step that fails, and what is not
    /// as it should be.
    package var conditions: [PlannedCondition] = []
    /// What the reader should know beside that.
    package var notes: [String] = []

    package init(_ key: ObjectKey) {
        namespace = key.namespace ?? ""
        name = key.name
    }

    /// Whether anything would change.
    package var hasChanges: Bool {
        kubernetes.contains { $0.action.isChange } || kafka.topics.contains { $0.action.isChange }
            || !kafka.offsets.isEmpty || telegram.webhook?.action.isChange == true || !telegram.profile.isEmpty
    }
}

/// What becomes of a thing.
package enum PlanAction: String, Encodable, Sendable, CaseIterable {
    case create, change, delete
    /// It is as it should be, or it is left as it is.
    case keep

    /// Whether something happens.
    package var isChange: Bool { self != .keep }
}

/// A field that would have another value.
package struct FieldChange: Encodable, Sendable, Equatable {
    /// "spec.template.spec.containers[bot].image".
    package let path: String
    /// Absent: there is none, or it is secret.
    package let old: JSONValue?
    /// Absent: it is taken away, or it is secret.
    package let new: JSONValue?
    /// The values are not told.
    package let isSecret: Bool

    package init(_ path: String, old: JSONValue?, new: JSONValue?, isSecret: Bool = false) {
        self.path = path
        self.isSecret = isSecret
        if isSecret {
            self.old = Optional.none
            self.new = Optional.none
        } else {
            self.old = old
            self.new = new
        }
    }
}

/// What becomes of a Kubernetes object.
package struct ObjectChange: Encodable, Sendable, Equatable {
    package let kind: String
    package let namespace: String
    package let name: String
    package let action: PlanAction
    /// What the operator states and is otherwise now; of a new object all that it states.
    package var fields: [FieldChange]
    /// Why, or what else to know.
    package var note: String?

    package init(
        _ kind: String, _ key: ObjectKey, _ action: PlanAction, fields: [FieldChange] = [], note: String? = nil
    ) {
        self.kind = kind
        namespace = key.namespace ?? ""
        name = key.name
        self.action = action
        self.fields = fields
        self.note = note
    }
}

/// What becomes of a bot's topics.
package struct KafkaPlan: Encodable, Sendable, Equatable {
    package var bootstrapServers: String?
    package var topics: [TopicChange] = []
    /// Sentences on offsets that would be committed so that the autoscaler sees the bot's group.
    package var offsets: [String] = []
    /// Why nothing can be said; absent when something can.
    package var unknown: String?

    package init() {}
}

/// What becomes of a topic.
package struct TopicChange: Encodable, Sendable, Equatable {
    package let name: String
    package let action: PlanAction
    /// Of the topic as it would be.
    package var partitions: Int?
    /// Of the topic as it is, where that is another number.
    package var oldPartitions: Int?
    /// Absent: the brokers' default, or not changed.
    package var replicationFactor: Int?
    /// By Kafka's names.
    package var settings: [FieldChange] = []
    package var note: String?

    package init(_ name: String, _ action: PlanAction) {
        self.name = name
        self.action = action
    }
}

/// What Telegram would be told.
package struct TelegramPlan: Encodable, Sendable, Equatable {
    package var apiBaseURL: String?
    /// Absent when it is not known, or a step before fails.
    package var webhook: WebhookChange?
    /// Calls in their order.
    package var profile: [ProfileChange] = []
    /// Why nothing, or not all, can be said; absent when all can.
    package var unknown: String?

    package init() {}
}

/// What becomes of the webhook.
package struct WebhookChange: Encodable, Sendable, Equatable {
    package let action: PlanAction
    /// Where Telegram delivers then; absent when nowhere.
    package var url: String?
    package var fields: [FieldChange] = []
    package var note: String?

    package init(_ action: PlanAction, url: String? = nil, fields: [FieldChange] = [], note: String? = nil) {
        self.action = action
        self.url = url
        self.fields = fields
        self.note = note
    }
}

/// A call that changes a part of the profile.
package struct ProfileChange: Encodable, Sendable, Equatable {
    /// As the status names it: "name/de", "commands".
    package let part: String
    /// Of the Bot API.
    package let method: String
    package let old: JSONValue?
    package let new: JSONValue?
    /// It was set once and is no longer in the spec.
    package let isRelease: Bool
}

/// A condition that the bot would have.
package struct PlannedCondition: Encodable, Sendable, Equatable {
    package let type: String
    package let status: String
    package let reason: String
    package let message: String

    package init(type: String, status: String = "False", reason: String, message: String) {
        self.type = type
        self.status = status
        self.reason = reason
        self.message = message
    }
}
