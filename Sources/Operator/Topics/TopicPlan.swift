import Cryptography
import KafkaClient
import PlatformAPI

/// What must be done so that a bot's topics are as wanted. Pure.
struct TopicPlan: Equatable {
    /// A topic as it should be.
    struct Wanted: Equatable {
        let name: String
        let partitions: Int32
        /// Whether more partitions are a difference: they are when somebody asked for a number, they are not when it
        /// follows from `scaling.maxReplicas`, which people lower.
        var isExact = true
        /// -1: the brokers' default.
        let replicationFactor: Int32
        let config: [String: String]

        /// The same for the same wish, in every process.
        var text: String {
            let settings = config.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
            return "\(name) \(partitions) \(isExact) \(replicationFactor) \(settings)"
        }
    }

    /// A topic as it is.
    struct Found: Equatable {
        let partitions: Int
        /// Copies of its first partition.
        let replicas: Int

        init(partitions: Int, replicas: Int) {
            self.partitions = partitions
            self.replicas = replicas
        }

        init(_ topic: TopicDescription) {
            self.init(partitions: topic.partitions.count, replicas: topic.partitions.first?.replicas.count ?? 0)
        }
    }

    struct Growth: Equatable {
        let topic: String
        let partitions: Int32
    }

    private(set) var create: [Wanted] = []
    private(set) var grow: [Growth] = []
    /// Differences that cannot be repaired, as sentences.
    private(set) var irreparable: [String] = []

    /// - Parameter found: the topics that exist, by name.
    init(wanted: [Wanted], found: [String: Found]) {
        for topic in wanted {
            guard let present = found[topic.name] else {
                create.append(topic)
                continue
            }
            let partitions = present.partitions
            if topic.replicationFactor > 0, present.replicas != Int(topic.replicationFactor) {
                irreparable.append(
                    "topic \(topic.name) has \(present.replicas) copies, \(topic.replicationFactor) are asked for: "
                        + "move them with Kafka's own tools, or set the replicationFactor to \(present.replicas)")
            }
            if partitions < Int(topic.partitions) {
                grow.append(Growth(topic: topic.name, partitions: topic.partitions))
            } else if partitions > Int(topic.partitions), topic.isExact {
                irreparable.append(
                    "topic \(topic.name) has \(partitions) partitions, \(topic.partitions) are asked for: "
                        + "Kafka cannot take partitions away, so set spec.kafka.partitions to \(partitions)")
            }
        }
    }

    /// A fingerprint of a wish and of the brokers that it is for.
    static func fingerprint(_ wanted: [Wanted], servers: String) -> String {
        String(SHA256.hex(Array("\(servers) \(wanted.map(\.text))".utf8)).prefix(16))
    }

    /// How long results of calls are kept, in milliseconds: whoever asked for one is there to read it.
    private static let resultsRetention = 86_400_000

    /// The topics of a bot: incoming with as many partitions as workers at the most, outgoing and dead letters with one,
    /// because order and rate limits need one owner; results, where they are asked for, with one.
    static func wanted(botID: BotID, bot: TelegramBot, gateway: TelegramGateway) -> [Wanted] {
        let replication = Int32(bot.spec.kafka?.replicationFactor ?? gateway.spec.kafka.replicationFactor ?? -1)
        let single = { (name: String) in
            Wanted(name: name, partitions: 1, replicationFactor: replication, config: [:])
        }
        let results = Wanted(
            name: botID.resultsTopic, partitions: 1, replicationFactor: replication,
            config: ["retention.ms": "\(resultsRetention)"])
        return [
            Wanted(
                name: botID.incomingTopic, partitions: Int32(bot.spec.partitions),
                isExact: bot.spec.kafka?.partitions != nil, replicationFactor: replication,
                config: bot.spec.kafka?.config ?? [:]),
            single(botID.outgoingTopic),
            single(botID.deadLetterTopic),
        ] + (bot.spec.hasResults ? [results] : [])
    }
}
