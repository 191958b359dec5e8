#!/bin/sh
# Installs what a build, the tests and the demo need on Debian 12, and checks Swift. Repeatable: what is there is left alone, and with
# everything there neither the network nor root is needed.
#
#   scripts/setup.sh           all of it
#   scripts/setup.sh build     only what a build needs
set -eu

build='libpq-dev libgit2-dev libcurl4-openssl-dev libuv1-dev zlib1g-dev pkg-config make git tzdata ca-certificates'
run='postgresql bubblewrap python3 python3-venv procps util-linux'
tests='openssh-server iproute2 openssl'

case ${1-all} in
    build) wanted=$build ;;
    all) wanted="$build $run $tests" ;;
    *) echo "usage: scripts/setup.sh [build]" >&2; exit 2 ;;
esac

fail() {
    echo "setup: $1" >&2
    exit 1
}

missing_packages() {
    for package in $wanted; do
        state=$(dpkg-query -W -f='${db:Status-Abbrev}' "$package" 2>/dev/null || true)
        case $state in ii*) ;; *) printf '%s ' "$package" ;; esac
    done
}

as_root() {
    if [ "$(id -u)" = 0 ]; then
        env DEBIAN_FRONTEND=noninteractive "$@"
    else
        sudo env DEBIAN_FRONTEND=noninteractive "$@"
    fi
}

install_packages() {
    command -v dpkg-query >/dev/null && command -v apt-get >/dev/null ||
        fail "this is not Debian or a relative of it: install what Debian 12 calls $wanted, then run swift build"
    missing=$(missing_packages)
    [ -n "$missing" ] || return 0
    [ "$(id -u)" = 0 ] || command -v sudo >/dev/null ||
        fail "these Debian packages are missing, and there is no sudo to install them with: ${missing% }"
    echo "setup: installing Debian packages: ${missing% }"
    as_root apt-get update -q >/dev/null || fail "apt-get update failed; its message is above"
    # shellcheck disable=SC2086
    as_root apt-get install -q -y --no-install-recommends $missing >/dev/null ||
        fail "apt-get could not install the packages; its message is above"
}

check_swift() {
    command -v swift >/dev/null ||
        fail "there is no swift in PATH; Swift 6.3 for Debian 12 is at https://www.swift.org/install/linux/"
    version=$(swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9]*\.[0-9]*\).*/\1/p' | head -n 1)
    case $version in
        [0-5].* | 6.[012]) fail "Swift $version is too old: 6.3 or newer is needed, see https://www.swift.org/install/linux/" ;;
        '') fail "swift --version does not tell its version; is the toolchain complete?" ;;
    esac
}

install_packages
check_swift
echo "setup: Debian packages and Swift $version are there"
