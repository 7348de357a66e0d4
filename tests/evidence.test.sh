#!/bin/sh
# -w: the packets of failed handshakes, all of them and no others.
program=$1
here=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
. "$here/tests/claims.sh"
count() {	# outcome: how many in these captures
	outcome=$1
	shift
	"$program" --json --no-trust "$@" 2>/dev/null | grep -c "\"outcome\":\"$outcome\""
}
records() {	# packets of a pcap file in our byte order, times in nanoseconds
	python3 -c '
import struct, sys
data, at, n = open(sys.argv[1], "rb").read(), 24, 0
assert struct.unpack("=I", data[:4])[0] == 0xa1b23c4d, "not pcap"
while at < len(data):
    at += 16 + struct.unpack("=I", data[at + 8:at + 12])[0]
    n += 1
assert at == len(data), "cut off"
print(n)' "$1"
}

one=$(find "$here/pcaps" -name 'alpn_mismatch-*.pcap' ! -name '*quic*' ! -name '*dtls*' | sort | head -n 1)
some=$(find "$here/pcaps" -name '*_mismatch-*.pcap' | sort | head -n 20)

"$program" --json --no-trust -w "$work/one" "$one" >"$work/json"
check "one failed flow: every packet of it is there" \
	test "$(records "$work/one")" = "$(sed -n 's/.*"type":"summary".*"packets":\([0-9]*\).*/\1/p' "$work/json")"
"$program" --json --no-trust -w "$work/some" $some >/dev/null
check "as many handshakes failed in the evidence as in the captures" \
	test "$(count failed "$work/some")" = "$(count failed $some)"
check "those that worked are not in it" test "$(count completed "$work/some")" = 0
"$program" --json --no-trust -w "$work/none" "$one" "not tcp" >/dev/null
check "without a failure it is an empty capture" test "$(records "$work/none")" = 0
"$program" --json --no-trust -w "$work/pipe" - <"$one" >/dev/null 2>"$work/err"
check "a pipe cannot be read twice: status 2" test $? = 2
check "and it says so" grep -q 'second time' "$work/err"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
