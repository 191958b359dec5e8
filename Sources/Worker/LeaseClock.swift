internal import CPosix
internal import Glibc

/// The clock of leases: nanoseconds that nobody can set and that also count while the machine is suspended. All processes of a
/// machine read the same time.
enum LeaseClock {
    static var now: Int64 { cposix_boot_nanoseconds() }
}

/// Where a part of the worker complains that has nobody else to tell.
enum StandardError {
    static func write(_ line: String) {
        let bytes = Array("\(line)\n".utf8)
        _ = Glibc.write(2, bytes, bytes.count)
    }
}

/// The calendar's time, for people to read.
enum WallClock {
    /// Microseconds since 1970.
    static var now: Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000
    }
}
