internal import Glibc
package import Supervision

/// Runs programs that nobody vouches for: without network, without a view of other processes or files, within limits.
///
/// What exactly it guarantees, and what a change would violate, is in `docs/decisions/0002-jail.md`.
package struct Jail: Sendable {
    package private(set) var mode: JailMode
    private let loop: EventLoop
    private let slots: JailSlots

    /// Finds out how programs can be locked up here.
    ///
    /// - Parameters:
    ///   - loop: starts and watches the programs. They are killed when its thread ends.
    ///   - noJail: goes without namespaces.
    ///   - slots: programs that run at the same time; more wait. Defaults to 2.
    /// - Throws: ``BundleError`` that says what the machine lacks.
    package init(on loop: EventLoop, noJail: Bool = false, slots: Int = 2) async throws {
        self.init(on: loop, mode: .none, slots: slots)
        if !noJail { mode = try await Self.workingMode(loop, self.slots) }
    }

    init(on loop: EventLoop, mode: JailMode, slots: Int) {
        self.loop = loop
        self.mode = mode
        self.slots = JailSlots(count: min(max(slots, 1), 14))
    }

    /// Runs a program to its end, and returns when nothing of it is left.
    ///
    /// Cancelling the task kills the program.
    /// - Throws: ``BundleError`` when it could not be started.
    package func run(_ command: JailCommand) async throws -> JailResult {
        try await Self.run(command, mode, loop, slots)
    }

    private static func workingMode(_ loop: EventLoop, _ slots: JailSlots) async throws -> JailMode {
        // Root inside a user namespace would still be root to the kernel's process limit, so root gets the other kind only.
        let mode = geteuid() == 0 ? JailMode.privileged : .unprivileged
        let reason: String
        do {
            let result = try await run(JailCommand("true", limits: .describing), mode, loop, slots)
            if result.isSuccess { return mode }
            reason = result.standardError.split(separator: "\n").first.map(String.init) ?? "\(result.ending)"
        } catch {
            reason = "\(error)"
        }
        throw BundleError(
            .local,
            "DAG files cannot be locked up while they are compiled and loaded: \(reason). Install bubblewrap and allow "
                + "(user) namespaces, or accept that they can read and change what this account can, with --no-jail")
    }

    private static func run(
        _ command: JailCommand, _ mode: JailMode, _ loop: EventLoop, _ slots: JailSlots
    ) async throws -> JailResult {
        let slot = try await slots.acquire()
        do {
            let result = try await JailRun.run(command, mode, slot: slot, on: loop)
            await slots.release(slot)
            return result
        } catch {
            await slots.release(slot)
            throw error
        }
    }
}

/// Numbers for the jails that run at the same time.
actor JailSlots {
    private var free: [Int]
    private var waiting: [CheckedContinuation<Int, Never>] = []

    init(count: Int) { free = Array(0..<count) }

    /// Waits for a free number.
    func acquire() async throws -> Int {
        if let slot = free.popLast() { return slot }
        let slot = await withCheckedContinuation { waiting.append($0) }
        if Task.isCancelled {
            release(slot)
            throw CancellationError()
        }
        return slot
    }

    func release(_ slot: Int) {
        if waiting.isEmpty { free.append(slot) } else { waiting.removeFirst().resume(returning: slot) }
    }
}
