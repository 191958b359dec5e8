#!/bin/bash
# Reads the log of a test run and prints its closing lines; fails when a test failed, or when none ran.
#   scripts/test-summary.sh LOG SECONDS [FAILED STEP…]
set -euo pipefail

log=$1 seconds=$2
shift 2
failed=$*

# Swift Testing counts skipped tests among the tests of its closing line.
counted=$(sed -n 's/^[✔✘] Test run with \([0-9]*\) tests\{0,1\} in .*/\1/p' "$log" | tail -n 1)
skipped_swift=$(grep -c '^➜ Test ' "$log" || true)
swift=$((${counted:-0} - skipped_swift))
python=$(sed -n 's/^\(.*[ =]\)\{0,1\}\([0-9]*\) passed.*/\2/p' "$log" | tail -n 1)
problems=()
[ -n "$counted" ] || problems+=("the Swift tests did not come to their end: a crash, or a hang of 15 minutes")
[ "$swift" -gt 0 ] || problems+=("no Swift test ran")
[ "${python:-0}" -gt 0 ] || problems+=("no Python test ran")
[ -z "$failed" ] || problems+=("failed: $failed")

echo
grep -E '^✘ Test .*(failed|recorded)|^✘ Suite .* failed|^FAILED ' "$log" | sort -u | head -n 40 || true
echo "$swift Swift tests and ${python:-0} Python tests ran in $((seconds / 60)) min $((seconds % 60)) s; $skipped_swift skipped:"
# A skipped suite stands for its tests.
grep -E '^➜ Suite ' "$log" | sed -E 's/^➜ Suite (.*) skipped: "(.*)"$/  suite \1: \2/' | sort -u || true
grep -E '^➜ Test ' "$log" | sed -E 's/^➜ Test (.*) skipped: "(.*)"$/  \2: \1/' | sort |
    awk -F': ' '{ reason = $1; sub(/^[^:]*: /, ""); count[reason]++; example[reason] = $0 }
        END { for (reason in count) printf "%s: %d tests, such as %s\n", reason, count[reason], example[reason] }' | sort
if [ ${#problems[@]} -gt 0 ]; then
    printf 'NOT PASSED: %s\n' "${problems[@]}"
    exit 1
fi
echo "PASSED"
