#!/bin/sh
# Listening on interfaces, in network namespaces that this script makes and takes away again: two
# ends of a veth pair, frames of captures sent into one, tlswhy on the other.
program=$1
case $program in /*) ;; *) program=$PWD/$program ;; esac
here=$(cd "$(dirname "$0")/.." && pwd)
. "$here/tests/link.sh"
verdicts() {	# client port and code of each that failed, sorted
	python3 -c '
import json, sys
for line in sys.stdin:
    r = json.loads(line)
    if r["type"] == "handshake" and r["outcome"] == "failed":
        print(r["flow"]["client"]["port"], r["diagnosis"]["code"])' | sort
}
is_same() {
	diff "$1" "$2" >"$work/diff" || { head -n 20 "$work/diff"; false; }
}

# Causes that show themselves in the bytes, whatever the time at which they come and whoever else was heard
# before: these are certain.
is_certain() {
	"$program" --json --no-trust "$1" | grep '"code":"'"$2"'","confidence":"certain"' >/dev/null
}
captures=
for code in alpn_mismatch cert_expired fallback_refused sni_unrecognized version_mismatch; do
	taken=0
	for capture in $(find "$here/pcaps" -name "$code-*.pcap" ! -name "*tls13*" | sort); do
		[ $taken -lt 4 ] || break
		is_certain "$capture" $code || continue
		captures="$captures $capture"
		taken=$((taken + 1))
	done
done
one=$(find "$here/pcaps" -name 'alpn_mismatch-*.pcap' ! -name '*quic*' ! -name '*dtls*' | sort | head -n 1)

"$program" --json --no-trust $captures >"$work/offline"
verdicts <"$work/offline" >"$work/offline.verdicts"
for readers in 1 3; do
	start -i tw1 --workers $readers
	replay 0 $captures
	check "$readers readers: SIGTERM ends it with status 0" finish TERM
	verdicts <"$work/out" >"$work/live.verdicts"
	check "there is something to compare" test "$(wc -l <"$work/offline.verdicts")" -ge 10
	check "$readers readers: live and from the file, verdicts are the same" \
		is_same "$work/offline.verdicts" "$work/live.verdicts"
	check "$readers readers: nothing was dropped" \
		grep -q '"dropped":{"kernel":0,"interface":0,"tlswhy":0}' "$work/out"
done

start -i tw1 --workers 2
replay 0 "$one"
sleep 14	# a connection that was closed is over 10 seconds later, and who listens sleeps
check "2 readers: a verdict waits for no packet" grep -q alpn_mismatch "$work/out"
inside ip link set tw1 down
sleep 1.6
inside ip link set tw1 up
sleep 1.6
check "2 readers: an interface that went down and up does not end it" finish TERM
check "2 readers: it says that the interface went down" grep -q 'went down' "$work/err"

start -i tw1 --workers 2
replay 4 "$one"
check "2 readers: an end in the middle of a handshake is a clean end" finish TERM
check "2 readers: what was open is told as cut off" \
	grep -q '"outcome":"inconclusive".*capture_ends_early' "$work/out"
check "2 readers: one summary counts for all" test "$(grep -c '"type":"summary"' "$work/out")" = 1

incidents() {	# client ports of attempts that share a number, a line for each number
	python3 -c '
import json, sys
by = {}
for line in sys.stdin:
    r = json.loads(line)
    if "incident" in r:
        by.setdefault(r["incident"], []).append("%d/%s" % (r["flow"]["client"]["port"], r["outcome"]))
print("\n".join(sorted(" ".join(sorted(p)) for p in by.values())))'
}
retried=$here/pcaps/version_intolerant-reset.pcap
"$program" --json --no-trust "$retried" | incidents >"$work/offline.incidents"
start -i tw1
replay 0 "$retried"
finish TERM
incidents <"$work/out" >"$work/live.incidents"
check "retries are found live as in the file" is_same "$work/offline.incidents" "$work/live.incidents"
check "there are retries" test "$(wc -l <"$work/live.incidents")" = 3
check "the last attempt says how the incident ended" grep -q '"retry":{"attempt":2,"attempts":2,"outcome":"completed"' "$work/out"

start -i tw1 -i lo tcp
replay 0 "$one"
finish INT
check "two interfaces, one of them silent: the verdict comes" grep -q alpn_mismatch "$work/out"

start -i any "udp"
replay 0 "$one"
finish INT
check "a filter keeps other packets away" grep -q '"packets":0,' "$work/out"

start -i tw1
inside ip link set tw1 down
sleep 1.6
inside ip link set tw1 up
sleep 1.6
replay 0 "$one"
check "an interface that went down and up does not end it" finish TERM
check "it says that the interface went down" grep -q 'went down' "$work/err"
check "it says that it is back" grep -q 'up again' "$work/err"
check "what comes afterwards is diagnosed" grep -q alpn_mismatch "$work/out"

start -i tw1
replay 4 "$one"
check "an end in the middle of a handshake is a clean end" finish TERM
check "what was open is told as cut off" grep -q '"outcome":"inconclusive".*capture_ends_early' "$work/out"
check "the summary is there" grep -q '"type":"summary"' "$work/out"

start -n -l -U -i tw1 -c 3 tcp
replay 0 "$one"
sleep 0.3
check "-c ends it after so many packets" finish TERM
check "-c counts packets" grep -q '"packets":3,' "$work/out"

start -i tw1 -G 1
sleep 1
check "-G ends it after a time" finish CONT

start -i tw1
replay 0 "$one"
sleep 0.3
kill -USR1 $pid
sleep 0.6
check "SIGUSR1 reports at once" grep -q '"type":"summary"' "$work/out"
finish TERM
check "the last summary is one more" test "$(grep -c '"type":"summary"' "$work/out")" = 2

inside sh -c "'$program' --json --interval 1 -i tw1 2>'$work/err'; echo \$? >'$work/status'" | head -n 1 >"$work/out" &
reader=$!
sleep 3
wait $reader
for _ in 1 2 3 4 5 6 7 8 9 10; do
	[ -s "$work/status" ] && break
	sleep 0.3
done
check "the reader is gone: status 2" test "$(cat "$work/status")" = 2
check "the reader is gone: one message" test "$(wc -l <"$work/err")" = 1

mkfifo "$work/pipe"
"$program" --json --no-trust - <"$work/pipe" >"$work/out" 2>"$work/err" &
pid=$!
exec 8>"$work/pipe"
head -c 600 "$one" >&8
check "a pipe that says no more can be left, too" finish TERM
check "what came through it is told" grep -q '"packets":4,' "$work/out"
exec 8>&-

mkdir "$work/disk"
full_disk() {	# options, of which the first names a file there: it has no room
	start -i tw1 "$@" --interval 1
	dd if=/dev/zero of="$work/disk/ballast" bs=1k 2>/dev/null
	replay 0 "$one"
	sleep 1.2
	finish TERM
	check "the disk is full, $1: status 2" test $status = 2
	check "the disk is full, $1: one message" test "$(grep -c 'No space' "$work/err")" = 1
	check "the disk is full, $1: one line" test "$(wc -l <"$work/err")" = 1
	rm -f "$work/disk"/*
}
if mount -t tmpfs -o size=16k,mode=777 tmpfs "$work/disk" 2>/dev/null; then
	full_disk -o "$work/disk/out"
	full_disk -w "$work/disk/failed.pcap"
	check "no room for evidence: the verdict is told" grep -q alpn_mismatch "$work/out"
	check "no room for evidence: it went on to the end" grep -q '"type":"summary"' "$work/out"
	full_disk --metrics "$work/disk/metrics.prom"
	check "no room for metrics: the verdict is told" grep -q alpn_mismatch "$work/out"
	check "no room for metrics: no half a file" test ! -e "$work/disk/metrics.prom.new"
	umount "$work/disk"
else
	echo "skipped: no tmpfs can be mounted, so the full disk is not tried"
fi

mkdir "$work/spool"
chmod 777 "$work/spool"
start -i tw1 -o "$work/spool/out" --metrics "$work/spool/metrics.prom" -w "$work/spool/failed.pcap"
replay 0 "$one"
mv "$work/spool/out" "$work/spool/moved"
kill -HUP $pid
check "an output file and metrics: status 0" finish TERM
check "after SIGHUP the file is there again" grep -q '"type":"summary"' "$work/spool/out"
check "metrics count the failure" grep -q 'code="alpn_mismatch"} 1' "$work/spool/metrics.prom"
"$program" --json --no-trust "$work/spool/failed.pcap" >"$work/again"
check "evidence has the whole flow" grep -q '"first_frame":1,"last_frame":10,.*alpn_mismatch' "$work/again"
check "root was given up" test "$(stat -c %U "$work/spool/out")" != root

start -i tw1 -o "$work/spool/sized" --rotate-size 16K --rotate-keep 2
replay 0 $captures
check "rotation by size: status 0" finish TERM
check "rotation by size: older files, as many as wanted" \
	test -s "$work/spool/sized.1" -a -s "$work/spool/sized.2" -a ! -e "$work/spool/sized.3"
check "rotation by size: none is larger" test "$(find "$work/spool" -name 'sized*' -size +16k | wc -l)" = 0
check "rotation by size: no record is cut" sh -c "cat '$work'/spool/sized* |
	python3 -c 'import json, sys; [json.loads(line) for line in sys.stdin]'"

start -i tw1 -o "$work/spool/timed" --rotate-time 1 --interval 1
sleep 2.5
check "rotation by time: status 0" finish TERM
check "rotation by time: there is an older file" test -s "$work/spool/timed.1"

# Two copies of every packet, as two interfaces see it: merged, they are one handshake.
start -i tw0 -i tw1
replay 0 "$one"
finish INT
check "seen on two interfaces: one handshake" test "$(grep -c '"type":"handshake"' "$work/out")" = 1
check "seen on two interfaces: the same verdict" grep -q alpn_mismatch "$work/out"

python3 "$here/tests/wrap.py" "GRE in fragments" "$here/pcaps/cert_expired-apache-connect.pcap" "$work/fragments.pcap"
start -i tw1 -w "$work/spool/fragments.pcap" ip
replay 0 "$work/fragments.pcap"
finish INT
check "fragments: the verdict comes" grep -q '"code":"cert_expired","confidence":"certain"' "$work/out"
"$program" --json --no-trust "$work/spool/fragments.pcap" >"$work/again"
check "fragments: evidence is of the same verdict" grep -q '"code":"cert_expired","confidence":"certain"' "$work/again"
check "fragments: evidence has them all" test "$(sed -n 's/.*"type":"summary".*"packets":\([0-9]*\).*/\1/p' "$work/again")" = \
	"$(sed -n 's/.*"type":"summary".*"packets":\([0-9]*\).*/\1/p' "$work/out")"

start -i any -w "$work/spool/any.pcap"
replay 0 "$one"
finish INT
check "any: the verdict comes" grep -q alpn_mismatch "$work/out"
"$program" --json --no-trust "$work/spool/any.pcap" >"$work/again"
check "any: evidence is of the same verdict" grep -q alpn_mismatch "$work/again"

user_of() {	# user and permitted capabilities of the process that listens
	echo $(id -un "$(sed -n 's/^Uid:[^0-9]*\([0-9]*\).*/\1/p' /proc/$pid/status)") $(sed -n 's/^CapPrm:[^0-9a-f]*//p' /proc/$pid/status)
}
hears_all() {	# whether the interface hands over what is for others
	inside ip -d link show tw1 | grep -q 'promiscuity 1'
}
start -i tw1
settle
someone=nobody
id -u tlswhy >/dev/null 2>&1 && someone=tlswhy
check "it is $someone by itself, and can do nothing else" test "$(user_of)" = "$someone 0000000000000000"
check "packets for others are heard" hears_all
finish TERM
start -i tw1 -p -Z daemon
settle
check "-Z says who it is" test "$(user_of)" = "daemon 0000000000000000"
check "-p leaves the interface as it is" sh -c "! ip netns exec '$space' ip -d link show tw1 | grep -q 'promiscuity 1'"
finish TERM
if command -v setpriv >/dev/null; then
	ip netns exec "$space" setpriv --reuid=daemon --regid=daemon --clear-groups --inh-caps=-all,+net_raw --ambient-caps=-all,+net_raw \
		"$program" --json --interval 0 --no-trust -i tw1 >"$work/out" 2>"$work/err" &
	pid=$!
	sleep 1
	check "who was lent a capability gives it back" test "$(user_of)" = "daemon 0000000000000000"
	replay 0 "$one"
	finish TERM
	check "who was lent a capability hears all the same" grep -q alpn_mismatch "$work/out"
fi

nanoseconds() {	# packets of a pcap file whose time is no whole number of microseconds
	python3 -c '
import struct, sys
data, at, n = open(sys.argv[1], "rb").read(), 24, 0
assert data[:4] == struct.pack("=I", 0xa1b23c4d), "no nanoseconds"
while at < len(data):
    n += struct.unpack("=I", data[at + 4:at + 8])[0] % 1000 != 0
    at += 16 + struct.unpack("=I", data[at + 8:at + 12])[0]
print(n)' "$1"
}
start -i tw1 -j host -w "$work/spool/stamped.pcap"
replay 0 "$one"
finish INT
check "time stamps have nanoseconds" test "$(nanoseconds "$work/spool/stamped.pcap")" -gt 3
check "a type of time stamp that is not offered: one line, status 2" sh -c "ip netns exec '$space' '$program' -i tw1 -j adapter \
	2>'$work/err' >/dev/null; test \$? = 2 && grep -qx 'tlswhy: tw1: does not offer that type of time stamp' '$work/err'"
check "interfaces are listed" sh -c "ip netns exec '$space' '$program' -D | grep -qE '^[0-9]+\.tw1 \[up'"

# As in a container: what /sys shows is not of the namespace that is listened in.
nsenter --net=/var/run/netns/"$space" "$program" --json --interval 0 --no-trust -i tw1 >"$work/out" 2>"$work/err" &
pid=$!
sleep 2.5
replay 0 "$one"
check "/sys of another namespace: it is no reason to end" finish TERM
check "/sys of another namespace: not a word" test ! -s "$work/err"
check "/sys of another namespace: the verdict comes" grep -q alpn_mismatch "$work/out"

start -i tw1
replay 0 "$one"
sleep 0.5
inside ip link del tw0
sleep 2.5
check "an interface that is taken away ends it" sh -c "! kill -0 $pid 2>/dev/null"
finish TERM
check "an interface that is taken away: status 2" test $status = 2
check "an interface that is taken away: it says so" grep -q 'tw1: the interface is gone' "$work/err"
check "an interface that is taken away: what came is told" grep -q alpn_mismatch "$work/out"
check "an interface that is taken away: the summary is there" grep -q '"type":"summary"' "$work/out"

check "an unknown option is answered in two lines" \
	sh -c "'$program' -i lo --nonsense 2>&1 | wc -l | grep -qx 2"
check "an interface that is not there: one line, status 2" \
	sh -c "'$program' -i nowhere0 2>'$work/err' >/dev/null; test \$? = 2 && test \"\$(wc -l <'$work/err')\" = 1"

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
