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
icmp=$(find "$here/pcaps" -name 'connect_refused-icmp-*.pcap' | sort | head -n 1)
"$program" --json --no-trust -w "$work/icmp" "$icmp" >/dev/null
check "the ICMP error about a flow is part of it" test "$(count failed "$work/icmp")" = 1
"$program" --json --no-trust -w "$work/none" "$one" "not tcp" >/dev/null
check "without a failure it is an empty capture" test "$(records "$work/none")" = 0

# Captures of three link types make a pcapng file.
wrap() {	# capture, link type, hex in front of the packet instead of Ethernet's header
	python3 - "$here/tests" "$@" <<'END'
import sys
sys.path.insert(0, sys.argv[1])
import wrap
front = bytes.fromhex(sys.argv[4])
wrap.write(sys.argv[5], int(sys.argv[3]), [(when, front + ip) for when, ip, way in wrap.packets_of(sys.argv[2])])
END
}
other=$(find "$here/pcaps" -name 'version_mismatch-*.pcap' | sort | head -n 1)
third=$(find "$here/pcaps" -name 'cert_expired-*.pcap' | sort | head -n 1)
wrap "$other" 101 "" "$work/raw.pcap"
wrap "$third" 104 0f000800 "$work/hdlc.pcap"
"$program" --json --no-trust -w "$work/several" "$one" "$work/raw.pcap" "$work/hdlc.pcap" >"$work/before" 2>"$work/err"
check "several link types: status 0 and no complaint" test $? = 0 -a ! -s "$work/err"
check "several link types: it is pcapng" test "$(od -An -tx1 -N4 "$work/several" | tr -d ' \n')" = 0a0d0d0a
"$program" --json --no-trust "$work/several" >"$work/after"
codes() {
	sed -n 's/.*"diagnosis":{"code":"\([a-z_]*\)".*/\1/p' "$1" | sort
}
check "several link types: every failure is in it" test "$(codes "$work/before")" = "$(codes "$work/after")"
check "several link types: there were three" test "$(codes "$work/after" | wc -l)" = 3
if command -v capinfos >/dev/null; then
	check "several link types: Wireshark sees three interfaces" \
		sh -c "capinfos '$work/several' 2>/dev/null | grep -q 'interfaces in file: *3'"
	check "one link type: Wireshark reads pcap" sh -c "capinfos '$work/one' 2>/dev/null | grep -q 'nanosecond pcap'"
else
	echo "skipped: there is no capinfos (Wireshark) to open the files"
fi

# A datagram in fragments comes with all of them, not with the last alone.
large=$here/pcaps/cert_expired-apache-connect.pcap	# packets of full size
"$program" --json "$large" >"$work/json"
python3 "$here/tests/wrap.py" "VXLAN in fragments" "$large" "$work/fragments.pcap"
"$program" --json --no-trust -w "$work/whole" "$work/fragments.pcap" >"$work/before"
check "fragments: there are some" test "$(records "$work/fragments.pcap")" -gt \
	"$(sed -n 's/.*"type":"summary".*"packets":\([0-9]*\).*/\1/p' "$work/json")"
check "fragments: all are there" test "$(records "$work/whole")" = "$(records "$work/fragments.pcap")"
"$program" --json --no-trust "$work/whole" >"$work/after"
check "fragments: the same verdict" test "$(codes "$work/before")" = "$(codes "$work/after")"

# Keys that a pcapng file brings along: the evidence is as readable as the capture was.
keyed=$here/pcaps/odd-pcapng-cert_expired-gnutls-tls13.pcapng
for before in "" "$one"; do	# a pcap in front of it would have made the evidence one
	"$program" --json --no-trust -w "$work/keyed" $before "$keyed" >"$work/before" 2>"$work/err"
	check "keys come along${before:+, late}: status 0 and no complaint" test $? = 0 -a ! -s "$work/err"
	"$program" --json --no-trust "$work/keyed" >"$work/after"
	check "keys come along${before:+, late}: what they showed is seen again" \
		test "$(grep -c '"encrypted":true,"' "$work/before")" = "$(grep -c '"encrypted":true,"' "$work/after")"
	check "keys come along${before:+, late}: every failure is in it" test "$(codes "$work/before")" = "$(codes "$work/after")"
	check "keys come along${before:+, late}: the cause that only they show" grep -q '"code":"cert_expired","confidence":"certain"' "$work/after"
done
cp "$one" "$work/input"
"$program" --json -w "$work/input" "$work/input" >/dev/null 2>&1
check "what is to be read is not overwritten: status 2" test $? = 2
check "what is to be read is not overwritten: it is as it was" cmp -s "$one" "$work/input"
"$program" --json --no-trust -w /dev/stdout "$one" "$work/raw.pcap" 2>"$work/err" >/dev/full
check "nothing can be written: status 2" test $? = 2

"$program" --json --no-trust -w "$work/pipe" - <"$one" >/dev/null 2>"$work/err"
check "a pipe cannot be read twice: status 2" test $? = 2
check "and it says so" grep -q 'second time' "$work/err"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
