import Foundation
import Testing

/// Thousands of small worlds in which things go wrong. A failure names its seed; `SLIPSTREAM_SIMULATION_SEED=17` runs that one alone and
/// prints what happened in it, `SLIPSTREAM_SIMULATION_SEEDS=100000` runs so many.
@Suite struct SimulationTests {
    private static let blocks = 16
    private static let seeds = Int(ProcessInfo.processInfo.environment["SLIPSTREAM_SIMULATION_SEEDS"] ?? "") ?? 2_000
    private static let single = UInt64(ProcessInfo.processInfo.environment["SLIPSTREAM_SIMULATION_SEED"] ?? "")

    @Test(.enabled(if: single == nil), arguments: 0..<blocks)
    func `every run ends with one result for each instance, whatever is lost, late or repeated`(block: Int) {
        for seed in stride(from: block, to: Self.seeds, by: Self.blocks) { expectPeace(seed: UInt64(seed)) }
    }

    @Test(.enabled(if: single == nil), arguments: Sabotage.allCases)
    func `every mistake of the scheduler is found`(sabotage: Sabotage) {
        let isFound = (0..<UInt64(500)).contains { seed in
            var simulation = Simulation(seed: seed, sabotage: sabotage)
            simulation.run()
            return !simulation.problems.isEmpty
        }
        #expect(isFound)
    }

    @Test(.enabled(if: single != nil)) func `one seed, told step by step`() {
        var simulation = Simulation(seed: Self.single ?? 0)
        simulation.isTracing = true
        simulation.run()
        print(simulation.trace.joined(separator: "\n"))
        #expect(simulation.problems == [])
    }

    private func expectPeace(seed: UInt64) {
        var simulation = Simulation(seed: seed)
        simulation.run()
        #expect(simulation.problems == [], "SLIPSTREAM_SIMULATION_SEED=\(seed) shows how it came to this")
    }
}
