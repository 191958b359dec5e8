import DAGModel
import Testing

struct TriggerRuleGoldenTests {
    private struct RuleCase: Decodable {
        var upstream: [TaskState]
        var downstream: [String: TaskState]
    }

    @Test func `every trigger rule decides as Airflow does`() throws {
        let cases = try Golden.cases("trigger_rules.json", of: RuleCase.self)
        #expect(!cases.isEmpty)
        for golden in cases {
            for (name, state) in golden.downstream {
                let rule = try #require(TriggerRule(rawValue: name))
                #expect(endState(rule, after: golden.upstream) == state, "\(name) after \(golden.upstream)")
            }
        }
    }

    /// The state that a task ends in whose own body succeeds; nil when it waits for ever.
    ///
    /// An upstream task ends `upstream_failed` one pass after the task above it has failed: the rule has looked once before.
    private func endState(_ rule: TriggerRule, after upstream: [TaskState]) -> TaskState? {
        let early = upstream.filter { $0 != .upstreamFailed }
        for known in [early, upstream] {
            var tally = UpstreamTally(total: upstream.count)
            for state in known { tally.count(state) }
            switch rule.decide(tally) {
            case .run: return .success
            case .end(let state): return state
            case .wait: continue
            }
        }
        return nil
    }
}
