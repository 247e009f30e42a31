/// How the head-room over a past peak fades with the peak's age.
///
/// A peak that has just been needs the whole head-room above it, because demand may rise on; an old
/// one needs none, or less than none: it lets go. Both shapes are 1 at age 0; the age is a fraction
/// of the memory.
package enum HeadroomFade: Hashable, Codable, Sendable {
    /// 1 − 2x: from the whole head-room above the peak to as much below it.
    case linear
    /// (1 − x)²: quickly to the peak itself.
    case quadratic

    func callAsFunction(_ age: Double) -> Double {
        switch self {
        case .linear: 1 - 2 * age
        case .quadratic: (1 - age) * (1 - age)
        }
    }
}

/// One rule for an upper bound of demand over the next lease's term: the highest of the past block
/// peaks, each with a head-room that fades with its age. The length of the memory is near the term:
/// what the last term needed, the next may need again (peak prediction by moving-window peaks, as
/// in Autopilot, EuroSys 2020, with the decay of an envelope follower).
package struct PeakEnvelope: Hashable, Codable, Sendable {
    let fade: HeadroomFade
    /// Memory in blocks, the running one included.
    let blocks: Int

    /// The parts of the head-room by age in blocks.
    var weights: [Double] {
        (0..<blocks).map { fade(Double($0) / Double(blocks)) }
    }

    /// Four rules of different memory and fade. The planner averages what they would sell: harm is
    /// convex in what is sold, so the average harms at most as much as they do on average.
    static func portfolio(blocksPerTerm: Int) -> [PeakEnvelope] {
        let short = max(1, blocksPerTerm * 5 / 6)
        let long = blocksPerTerm * 7 / 6
        return [
            PeakEnvelope(fade: .linear, blocks: short), PeakEnvelope(fade: .linear, blocks: long),
            PeakEnvelope(fade: .quadratic, blocks: short),
            PeakEnvelope(fade: .quadratic, blocks: long),
        ]
    }
}
