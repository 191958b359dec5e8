"""Reads the log of scripts/test.sh and prints its closing lines: what ran, what failed, and what was skipped and why.

Ends with code 1 when a test failed, when a target did not come to its end, or when no test ran.
"""

import re
import sys
from collections import Counter, deque
from dataclasses import dataclass, field

SECTION = re.compile(r"== (\w+)$")
ENDED = re.compile(r"== ended with code (\d+)$")
SWIFT_END = re.compile(r"[✔✘] Test run with (\d+) tests? in .* (passed|failed) after")
SWIFT_SKIPPED = re.compile(r'➜ Test .* skipped(?:: "(.*)")?$')
SWIFT_FAILED = re.compile(r"✘ Test (.*) (?:with \d+ test cases? )?failed after")
PYTHON_END = re.compile(r"(?:=+ )?((?:\d+ \w+(?:, )?)+) in [\d.]+s")
PYTHON_FAILED = re.compile(r"FAILED (\S+)")
SWIFT_STARTED = re.compile(r"◇ Test (\".*?\") started\.")
SWIFT_DONE = re.compile(r"[✔✘] Test (.*?) (?:with \d+ test cases? )?(?:passed|failed) after")
CRASH = re.compile(r"Fatal error|Program crashed|SWIFT TASK|unexpected signal|^\*\*\* ")


@dataclass
class Target:
    """What the log says about one test target."""

    name: str
    ran: int = 0
    has_ended: bool = False
    code: int = 0
    failed: list[str] = field(default_factory=list)
    skipped: Counter[str] = field(default_factory=Counter)
    last: deque[str] = field(default_factory=lambda: deque(maxlen=15))
    crash: list[str] = field(default_factory=list)
    running: set[str] = field(default_factory=set)

    def read(self, line: str) -> None:
        self.last.append(line)
        if self.crash or CRASH.search(line):
            self.crash.append(line)
        if match := SWIFT_STARTED.match(line):
            self.running.add(match[1])
        elif match := SWIFT_DONE.match(line):
            self.running.discard(match[1])
        if match := SWIFT_END.search(line):
            # Swift Testing counts skipped tests among the tests of its closing line.
            self.ran += int(match[1]) - self.skipped.total()
            self.has_ended = True
        elif match := SWIFT_SKIPPED.match(line):
            self.skipped[match[1] or "no reason given"] += 1
        elif match := (SWIFT_FAILED.match(line) or PYTHON_FAILED.match(line)):
            self.failed.append(match[1])
        elif match := PYTHON_END.match(line):
            counts = {word: int(number) for number, word in re.findall(r"(\d+) (\w+)", match[1])}
            self.ran += counts.get("passed", 0) + counts.get("failed", 0)
            self.skipped["see the log"] += counts.get("skipped", 0)
            self.has_ended = True

    @property
    def ending(self) -> list[str]:
        """What was printed when the target crashed or hung."""
        if self.has_ended:
            return []
        return (self.crash or list(self.last))[:40] + [f"had not ended: {name}" for name in sorted(self.running)]

    @property
    def problem(self) -> str | None:
        if self.code in (124, 137):
            return f"{self.name} hung and was ended"
        if not self.has_ended:
            return f"{self.name} did not come to its end: a crash, see the log"
        if self.failed or self.code != 0:
            return f"{self.name}: {len(self.failed)} tests failed"
        return f"{self.name}: no test ran" if self.ran + self.skipped.total() == 0 else None


def read(path: str) -> list[Target]:
    """The targets of a log, in its order."""
    targets: list[Target] = []
    with open(path, errors="replace") as log:
        for line in map(str.rstrip, log):
            if match := ENDED.match(line):
                targets[-1].code = int(match[1])
            elif match := SECTION.match(line):
                targets.append(Target(match[1]))
            elif targets:
                targets[-1].read(line)
    return targets


def main() -> int:
    path, seconds = sys.argv[1], int(sys.argv[2])
    targets = read(path)
    print()
    for target in targets:
        for name in target.failed:
            print(f"failed: {target.name}: {name}")
    for target in targets:
        for line in target.ending:
            print(f"{target.name}: {line}")
    ran, skipped = sum(target.ran for target in targets), sum(target.skipped.total() for target in targets)
    print(f"{ran} tests of {len(targets)} targets ran in {seconds // 60} min {seconds % 60} s, {skipped} were skipped.")
    for target in targets:
        for reason, count in sorted(target.skipped.items()):
            if count:
                print(f"skipped: {count} of {target.name}: {reason}")
    problems = [target.problem for target in targets if target.problem] if targets else ["no test ran"]
    for problem in problems:
        print(f"NOT PASSED: {problem}")
    if not problems:
        print("PASSED")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
