#!/bin/sh
# setup.sh [check]: installs the packages that tlswhy needs to build and test and that this machine lacks;
# with "check" also the tools of make check and make fuzz.
need="gcc make pkg-config libpcap-dev libwolfssl-dev libjansson-dev libseccomp-dev zlib1g-dev libzstd-dev libbrotli-dev libcmocka-dev iproute2"
[ "${1-}" != check ] || need="$need clang libclang-rt-dev clang-tidy cppcheck valgrind"
missing=
have() {
	[ "$(dpkg-query -W -f '${db:Status-Abbrev}' "$1" 2>/dev/null)" = "ii " ]
}
if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
	echo "tlswhy: not a Debian system; install by hand: a C11 compiler, GNU make, libpcap, wolfSSL,"
	echo "libseccomp, zlib, libzstd, libbrotli and, for the tests, cmocka, jansson and python3 (with headers)."
	exit 0
fi
for p in $need; do
	have "$p" || missing="$missing $p"
done
command -v python3 >/dev/null || missing="$missing python3"
[ -n "$missing" ] || exit 0
echo "tlswhy: installing:$missing"
as_root=
[ "$(id -u)" = 0 ] || as_root=sudo
$as_root apt-get update -qq && DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq $missing >/dev/null || {
	echo "tlswhy: could not install; by hand: sudo apt-get install$missing" >&2
	exit 1
}
