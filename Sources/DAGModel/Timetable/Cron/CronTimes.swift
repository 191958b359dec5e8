/// The times of day at which a cron expression fires, in seconds since midnight.
struct CronTimes: Sendable, Hashable {
    var hours: CronSet
    var minutes: CronSet
    var seconds: CronSet

    var first: Int { time(hours.first, minutes.first, seconds.first) ?? 0 }
    var last: Int { time(hours.last, minutes.last, seconds.last) ?? 0 }

    func next(after time: Int) -> Int? {
        let (hour, minute, second) = split(time + 1)
        if hours.contains(hour) {
            if minutes.contains(minute), let second = seconds.next(atLeast: second) {
                return self.time(hour, minute, second)
            }
            if let minute = minutes.next(atLeast: minute + 1) { return self.time(hour, minute, seconds.first) }
        }
        return self.time(hours.next(atLeast: hour + 1), minutes.first, seconds.first)
    }

    func previous(before time: Int) -> Int? {
        guard time > 0 else { return nil }
        let (hour, minute, second) = split(time - 1)
        if hours.contains(hour) {
            if minutes.contains(minute), let second = seconds.previous(atMost: second) {
                return self.time(hour, minute, second)
            }
            if let minute = minutes.previous(atMost: minute - 1) { return self.time(hour, minute, seconds.last) }
        }
        return self.time(hours.previous(atMost: hour - 1), minutes.last, seconds.last)
    }

    private func split(_ time: Int) -> (hour: Int, minute: Int, second: Int) {
        (time / 3_600, time / 60 % 60, time % 60)
    }

    private func time(_ hour: Int?, _ minute: Int?, _ second: Int?) -> Int? {
        guard let hour, let minute, let second else { return nil }
        return hour * 3_600 + minute * 60 + second
    }
}
