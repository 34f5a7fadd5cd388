/// What the group did to a consumer's partitions.
package enum RebalanceEvent: Sendable, Equatable {
    /// These are ours from now on (in addition to what we have, where the assignor is cooperative).
    case assigned([TopicPartition])
    /// These are taken away as soon as the handler returns: commit what was done.
    case revoked([TopicPartition])
    /// These were taken away long ago; others may own them already and commits for them fail.
    case lost([TopicPartition])
}
