/// The faults that are set, in the order in which they were.
struct FaultTable: Sendable {
    private(set) var faults: [Fault] = []
    private var nextID = 1

    mutating func add(_ spec: FaultSpec) throws(SimulatorError) -> Fault {
        if let problem = spec.problem { throw SimulatorError(.invalid, problem) }
        let fault = Fault(id: nextID, spec: spec, remaining: spec.count)
        nextID += 1
        faults.append(fault)
        return fault
    }

    mutating func remove(_ id: Int) throws(SimulatorError) {
        guard let index = faults.firstIndex(where: { $0.id == id }) else {
            throw SimulatorError(.notFound, "there is no fault \(id); it may have been used up")
        }
        faults.remove(at: index)
    }

    mutating func removeAll() { faults = [] }

    /// The first fault that a call sees; counts it.
    mutating func take(
        bot: Int64, method: String, chat: Int64?, random: inout some RandomNumberGenerator
    ) -> FaultSpec? {
        for index in faults.indices {
            let spec = faults[index].spec
            if let wanted = spec.bot, wanted != bot { continue }
            if let wanted = spec.method, wanted.lowercased() != method.lowercased() { continue }
            if let wanted = spec.chatID, wanted != chat { continue }
            if let probability = spec.probability, Double.random(in: 0..<1, using: &random) >= probability { continue }
            faults[index].seen += 1
            if let remaining = faults[index].remaining {
                faults[index].remaining = remaining - 1
                if remaining == 1 { faults.remove(at: index) }
            }
            return spec
        }
        return nil
    }
}
