import Testing

@testable import Worker

@Suite struct MessageGateTests {
    private static let second: Int64 = 1_000_000_000

    @Test func `reports close the gate after the burst, and time opens it again`() {
        var gate = MessageGate(now: 0)
        for _ in 0..<Int(MessageGate.burst) {
            do {
                let answer = gate.isOpen(now: 0, toAttempt: 0, toLeader: 0)
                #expect(answer)
            }
            gate.reported(now: 0)
        }
        do {
            let answer = gate.isOpen(now: 0, toAttempt: 0, toLeader: 0)
            #expect(!answer)
        }
        do {
            let answer = gate.isOpen(now: Self.second / 100, toAttempt: 0, toLeader: 0)
            #expect(answer)
        }
        // What one read brought beyond the burst has to be made up for.
        for _ in 0..<Int(MessageGate.rate) { gate.reported(now: Self.second / 100) }
        do {
            let answer = gate.isOpen(now: Self.second / 2, toAttempt: 0, toLeader: 0)
            #expect(!answer)
        }
        do {
            let answer = gate.isOpen(now: 2 * Self.second, toAttempt: 0, toLeader: 0)
            #expect(answer)
        }
    }

    @Test func `questions close the gate until they are answered`() {
        var gate = MessageGate(now: 0)
        for _ in 0..<MessageGate.questions { gate.asked() }
        do {
            let answer = gate.isOpen(now: Self.second, toAttempt: 0, toLeader: 0)
            #expect(!answer)
        }
        gate.answered()
        do {
            let answer = gate.isOpen(now: Self.second, toAttempt: 0, toLeader: 0)
            #expect(answer)
        }
    }

    @Test func `what waits to be sent closes the gate`() {
        var gate = MessageGate(now: 0)
        do {
            let answer = gate.isOpen(now: 0, toAttempt: MessageGate.buffered, toLeader: 0)
            #expect(!answer)
        }
        do {
            let answer = gate.isOpen(now: 0, toAttempt: 0, toLeader: MessageGate.buffered)
            #expect(!answer)
        }
        do {
            let answer = gate.takesReport(now: 0, toLeader: MessageGate.buffered)
            #expect(!answer)
        }
    }

    @Test func `attempts that cannot wait lose the reports beyond the rate`() {
        var gate = MessageGate(now: 0)
        let taken = (0..<10_000).count { _ in gate.takesReport(now: Self.second, toLeader: 0) }
        #expect(taken == Int(MessageGate.burst))
        let later = (0..<10_000).count { _ in gate.takesReport(now: 2 * Self.second, toLeader: 0) }
        #expect(later == Int(MessageGate.rate))
    }
}
