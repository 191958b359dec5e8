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
        self.slots = JailSlots(count: max(slots, 1))
    }

    /// Runs a program to its end, and returns when nothing of it is left.
    ///
    /// Cancelling the task kills the program.
    /// - Throws: ``BundleError`` when it could not be started, `CancellationError` when the task was cancelled.
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
        let result: JailResult
        do { result = try await JailRun.run(command, mode, account: slot, on: loop) } catch {
            await slots.release(slot)
            throw error
        }
        await slots.release(slot)
        // What a killed program left says nothing about the file it worked on.
        try Task.checkCancellation()
        return result
    }
}

/// Account numbers for the jails that run at the same time: the kernel counts processes by account.
actor JailSlots {
    private var free: [UInt32]
    private var waiting: [CheckedContinuation<UInt32, Never>] = []

    init(count: Int) {
        let first = Self.firstAccount()
        free = (0..<UInt32(count)).map { first + $0 }
    }

    /// Numbers at random, from a range that nobody gives out; where a container maps few numbers, the last ones of those.
    private static func firstAccount() -> UInt32 {
        let random: UInt32 = 0x7000_0000 + .random(in: 0..<1 << 20) << 8
        let map = (try? Disk.readText("/proc/self/uid_map")) ?? ""
        let numbers = map.split(whereSeparator: \.isWhitespace).compactMap { UInt32($0) }
        return numbers.count == 3 && numbers[0] == 0 && numbers[2] > 0x8000_0000 ? random : 65_520
    }

    /// Waits for a free number.
    func acquire() async throws -> UInt32 {
        if let slot = free.popLast() { return slot }
        let slot = await withCheckedContinuation { waiting.append($0) }
        if Task.isCancelled {
            release(slot)
            throw CancellationError()
        }
        return slot
    }

    func release(_ slot: UInt32) {
        if waiting.isEmpty { free.append(slot) } else { waiting.removeFirst().resume(returning: slot) }
    }
}
