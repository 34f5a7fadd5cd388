import KafkaClient

/// What is to be handled, what is being handled and what is done. A state machine without I/O.
///
/// A lane (``Lane``) has one job at work at most; lanes take turns.
struct WorkState {
    private struct Assignment {
        /// Tells the partition's records from those of an assignment before, whose handlers may still be at work.
        let term: Int
        var progress: PartitionProgress
    }

    private var waiting: [Lane: [Job]] = [:]
    /// Lanes with a job at work, and that job's partition.
    private var running: [Lane: TopicPartition] = [:]
    /// Lanes with a waiting job and none at work, in the order of their turns.
    private var ready: [Lane] = []
    private var assignments: [TopicPartition: Assignment] = [:]
    private var lastTerm = 0
    private var isCommitting = false
    /// Jobs that wait.
    private(set) var waitingCount = 0
    private(set) var isStopping = false

    /// Takes records in the order in which they were read. Dropped when the worker is stopping.
    mutating func admit(_ records: [KafkaMessage]) {
        guard !isStopping else { return }
        for record in records {
            let partition = record.topicPartition
            var assignment = assignments[partition] ?? newAssignment(first: record.offset)
            assignment.progress.take(record.offset)
            assignments[partition] = assignment
            let lane = Lane(record)
            if waiting[lane] == nil && running[lane] == nil { ready.append(lane) }
            waiting[lane, default: []].append(Job(record: record, lane: lane, term: assignment.term))
            waitingCount += 1
        }
    }

    private mutating func newAssignment(first: Int64) -> Assignment {
        lastTerm += 1
        return Assignment(term: lastTerm, progress: PartitionProgress(first: first))
    }

    /// The next job to work on.
    mutating func next() -> Job? {
        guard !ready.isEmpty else { return nil }
        let lane = ready.removeFirst()
        guard var jobs = waiting[lane], let job = jobs.first else { return nil }
        jobs.removeFirst()
        waiting[lane] = jobs.isEmpty ? nil : jobs
        waitingCount -= 1
        running[lane] = job.record.topicPartition
        return job
    }

    /// - Parameter isDone: `false` when the job was broken off and must come again.
    mutating func finish(_ job: Job, isDone: Bool) {
        running[job.lane] = nil
        if waiting[job.lane] != nil { ready.append(job.lane) }
        guard isDone, assignments[job.record.topicPartition]?.term == job.term else { return }
        assignments[job.record.topicPartition]?.progress.finish(job.record.offset)
    }

    /// Takes nothing more, forgets what waits.
    mutating func stop() {
        isStopping = true
        waiting = [:]
        ready = []
        waitingCount = 0
    }

    // MARK: Commits

    /// What can be committed, unless a commit is under way. ``endCommit(_:isDone:)`` must follow.
    mutating func beginCommit() -> [TopicPartition: Int64]? {
        guard !isCommitting else { return nil }
        let offsets = assignments.compactMapValues(\.progress.toCommit)
        guard !offsets.isEmpty else { return nil }
        isCommitting = true
        return offsets
    }

    mutating func endCommit(_ offsets: [TopicPartition: Int64], isDone: Bool) {
        isCommitting = false
        guard isDone else { return }
        for (partition, offset) in offsets { assignments[partition]?.progress.commit(offset) }
    }

    // MARK: Rebalance

    /// Forgets what waits of partitions that go to others.
    mutating func drop(_ partitions: Set<TopicPartition>) {
        for (lane, jobs) in waiting {
            let kept = jobs.filter { !partitions.contains($0.record.topicPartition) }
            waitingCount -= jobs.count - kept.count
            waiting[lane] = kept.isEmpty ? nil : kept
        }
        ready.removeAll { waiting[$0] == nil }
    }

    /// Whether nothing of these partitions is at work, nor a commit under way.
    func isQuiet(_ partitions: Set<TopicPartition>) -> Bool {
        !isCommitting && !running.values.contains(where: partitions.contains)
    }

    /// Forgets the partitions. What their handlers still do is done for nothing: the next owner does it again.
    /// - Returns: the offsets that are left to commit.
    mutating func release(_ partitions: Set<TopicPartition>) -> [TopicPartition: Int64] {
        drop(partitions)
        var offsets: [TopicPartition: Int64] = [:]
        for partition in partitions {
            offsets[partition] = assignments.removeValue(forKey: partition)?.progress.toCommit
        }
        return offsets
    }
}
