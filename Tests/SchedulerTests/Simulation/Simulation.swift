import DAGModel
@testable import Scheduler
import Store
import WorkerProtocol

/// Leaders, workers, a database, people and the network between them, on one simulated clock. Everything that happens follows from the
/// seed.
///
/// Messages on one connection arrive in order and late, or never when it breaks, as TCP has it; results are also said twice. Leaders and
/// workers crash and freeze, commits get no answer and are repeated, the database is away for a while, people cancel and pause. After
/// ``faultsEnd`` nothing more goes wrong, and every run has to end.
struct Simulation {
    enum Event {
        case toLeader(connection: Int, WorkerMessage)
        case toWorker(connection: Int, LeaderMessage)
        case leaderSeesClose(connection: Int)
        case workerSeesClose(connection: Int)
        case connect(worker: Int, WorkerID)
        case heartbeat(worker: Int, connection: Int)
        case workerTick(worker: Int, WorkerID)
        case bodyEnds(worker: Int, AttemptID, AttemptOutcome)
        case restart(worker: Int)
        case wake(epoch: Int64)
        case timer(epoch: Int64, due: Int64)
        case commit(epoch: Int64)
        case perform(epoch: Int64)
        case reconcile(epoch: Int64)
        case takeOver(after: Int64)
        case fault
        case person
        case people
    }

    struct Entry: Comparable, Sendable {
        var due: Int64
        var sequence: Int
        static func < (left: Entry, right: Entry) -> Bool { (left.due, left.sequence) < (right.due, right.sequence) }
    }

    struct Connection {
        let worker: Int
        let id: WorkerID
        let epoch: Int64
        var isBroken = false
        /// When the last message arrives, each way.
        var toLeader: Int64 = 0
        var toWorker: Int64 = 0
    }

    struct Leading {
        var leader: SimulatedLeader
        var peers: [WorkerID: Int] = [:]
        var frozenUntil: Int64 = 0
        var isBusy = false
        var isAwake = false
        var armed: Int64?
    }

    struct InstanceName: Hashable {
        var runID: String
        var taskID: String
        var mapIndex: Int
    }

    static let faultsEnd: Int64 = 600_000_000
    static let longest: Int64 = 36_000_000_000

    let seed: UInt64
    let sabotage: Sabotage?
    /// The workers' rules, and the leader's unless it is sabotaged.
    let rules = LeaseRules()
    var random: SeededGenerator
    var now = Moment(wall: Instant(seconds: 1_800_000_000), monotonic: 0)
    var database = SimulatedDatabase()
    var databaseAwayUntil: Int64 = 0
    var dags: [String: SimulatedDAG] = [:]
    var leaders: [Int64: Leading] = [:]
    var workers: [SimulatedWorker] = []
    var connections: [Connection] = []
    var lastWorker: UInt64 = 0
    /// The bodies that run now, wherever they run.
    var bodies: [InstanceName: Set<AttemptID>] = [:]
    /// How bodies ended that came to their end by themselves.
    var ended: [AttemptID: AttemptOutcome] = [:]
    /// What people have decided.
    var marked: [InstanceName: TaskState] = [:]
    var problems: [String] = []
    var trace: [String] = []
    var isTracing = false

    private var heap = BinaryHeap<Entry>()
    private var events: [Int: Event] = [:]
    private var sequence = 0
    private(set) var steps = 0

    init(seed: UInt64, sabotage: Sabotage? = nil) {
        self.seed = seed
        self.sabotage = sabotage
        random = SeededGenerator(seed: seed)
        for index in 0..<Int.random(in: 1...2, using: &random) {
            let dag = SimulatedDAG("dag\(index)", &random)
            dags[dag.document.id] = dag
            for number in 0..<Int64.random(in: 1...3, using: &random) {
                let runAfter = now.wall + .microseconds(random.chance(70) ? 0 : random.time(upTo: .seconds(60)))
                // Runs start in the order of their dates: one that waits for another that may not start would wait for ever.
                let date = random.chance(10) ? nil : runAfter + .microseconds(number)
                _ = database.createRun(dag.document, runAfter: runAfter, logicalDate: date)
            }
        }
        for index in 0..<Int.random(in: 1...3, using: &random) {
            lastWorker += 1
            workers.append(
                SimulatedWorker(
                    name: "w\(index)", slots: Int.random(in: 1...4, using: &random), id: WorkerID(instance: lastWorker))
            )
            schedule(.connect(worker: index, workers[index].id), in: random.time(upTo: .seconds(1)))
            schedule(.workerTick(worker: index, workers[index].id), in: 1_000_000)
        }
        schedule(.people, in: 20_000_000)
        database.epoch = 0
        database.isFenced = sabotage != .writesUnfenced
        database.comparesRevisions = sabotage != .overwritesChanges
        schedule(.takeOver(after: 0), in: 0)
        schedule(.person, in: Self.faultsEnd)
        for _ in 0..<Int.random(in: 0...8, using: &random) {
            schedule(.fault, in: random.chance(50) ? random.time(upTo: .seconds(600)) : random.time(upTo: .seconds(60)))
        }
    }

    mutating func schedule(_ event: Event, in delay: Int64) {
        sequence += 1
        events[sequence] = event
        heap.push(Entry(due: now.monotonic + delay, sequence: sequence))
    }

    /// Runs until every run has ended and every worker is empty.
    mutating func run() {
        while let entry = heap.pop() {
            guard let event = events.removeValue(forKey: entry.sequence) else { continue }
            now = now + .microseconds(max(0, entry.due - now.monotonic))
            steps += 1
            if isTracing { trace.append("\(Double(now.monotonic) / 1e6) \(event)") }
            handle(event)
            check()
            guard problems.isEmpty else { return }
            if isOver { return checkEnd() }
            if now.monotonic > Self.longest { return problems.append("did not end: \(unfinished)") }
        }
        problems.append("nothing happens any more: \(unfinished)")
    }

    private var isOver: Bool {
        now.monotonic > 0 && database.runs.values.allSatisfy(\.state.isFinished) && workers.allSatisfy(\.isIdle)
            && leaders[database.epoch]?.leader.core.attempts.isEmpty == true
    }

    private mutating func handle(_ event: Event) {
        switch event {
        case .toLeader(let connection, let message): leaderReceives(message, connection)
        case .toWorker(let connection, let message): workerReceives(message, connection)
        case .leaderSeesClose(let connection): leaderSeesClose(connection)
        case .workerSeesClose(let connection): workerSeesClose(connection)
        case .connect(let worker, let id): connect(worker, id)
        case .heartbeat(let worker, let connection): heartbeat(worker, connection)
        case .workerTick(let worker, let id): workerTick(worker, id)
        case .bodyEnds(let worker, let attempt, let outcome): bodyEnds(worker, attempt, outcome)
        case .restart(let worker): restart(worker)
        case .wake(let epoch): wake(epoch)
        case .timer(let epoch, let due): timer(epoch, due)
        case .commit(let epoch): commit(epoch)
        case .perform(let epoch): perform(epoch)
        case .reconcile(let epoch): reconcile(epoch)
        case .takeOver(let former): takeOver(after: former)
        case .fault: fault()
        case .person: repair()
        case .people: people()
        }
    }
}
