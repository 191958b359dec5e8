#!/bin/sh
# Builds optimised and installs: bin/dagctl, libexec/slipstream (the runner), lib/slipstream (libDAGKit.so and the modules that DAG
# files are compiled against) and share/slipstream/DAGKit, a Swift package without dependencies for the repositories of DAG authors.
#
#   BIN=FOLDER    installs programs that were built before, such as .build/debug, and builds nothing
set -eu

prefix=${1:?usage: scripts/install.sh PREFIX}
cd "$(dirname "$0")/.."
if [ -n "${BIN:-}" ]; then
    build=$BIN
    [ -x "$build/dagctl" ] || { echo "install: there is no dagctl in $build; build it first, or leave BIN out" >&2; exit 1; }
else
    scripts/setup.sh build
    swift build -c release --product dagctl
    swift build -c release --product slipstream-runner
    swift build -c release --product DAGKit
    build=$(swift build -c release --show-bin-path)
fi

bin=$prefix/bin libexec=$prefix/libexec/slipstream lib=$prefix/lib/slipstream package=$prefix/share/slipstream/DAGKit
mkdir -p "$bin" "$libexec" "$lib/modules" "$package/Sources"

# A program in use cannot be overwritten, only replaced.
put() {
    cp "$1" "$2.new"
    mv "$2.new" "$2"
}

put "$build/dagctl" "$bin/dagctl"
put "$build/slipstream-runner" "$libexec/slipstream-runner"
put "$build/libDAGKit.so" "$lib/libDAGKit.so"
for module in DAGKit DAGModel WorkerProtocol; do
    for kind in swiftmodule swiftdoc; do put "$build/Modules/$module.$kind" "$lib/modules/$module.$kind"; done
done
for target in DAGKit DAGTesting DAGModel WorkerProtocol CPosix; do
    rm -rf "$package/Sources/$target"
    cp -R "Sources/$target" "$package/Sources/$target"
done
cp scripts/DAGKit-Package.swift "$package/Package.swift"
cp LICENSE "$package/LICENSE"
echo "installed: $bin/dagctl, $libexec, $lib and $package"
