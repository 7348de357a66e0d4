# Sourced by tests that listen on an interface: two ends of a veth pair in a network namespace of their
# own, gone when the test ends; frames go into tw0 and come out of tw1. Says "skipped" and why, and
# ends the test, where there can be none. Wants program and here; sets space, work and pid.
space=tlswhy-$$
work=$(mktemp -d)
. "$here/tests/claims.sh"
skip() {
	echo "skipped: $1"
	echo "$passed passed, $failed failed"
	rm -rf "$work"
	exit 0
}
[ "$(id -u)" = 0 ] || skip "network namespaces need root"
command -v ip >/dev/null || skip "there is no ip command (iproute2)"
command -v python3 >/dev/null || skip "there is no python3"
ip netns add "$space" 2>"$work/why" || skip "no network namespace: $(head -n 1 "$work/why")"
pid=
trap 'kill -9 $pid 2>/dev/null; ip netns del "$space"; umount "$work/disk" 2>/dev/null; rm -rf "$work"' EXIT
inside() {
	ip netns exec "$space" "$@"
}
if ! inside ip link add tw0 type veth peer name tw1 2>"$work/why"; then
	skip "no veth pair: $(head -n 1 "$work/why")"
fi
for end in tw0 tw1; do
	inside ip link set "$end" mtu 9000 up
done
inside ip link set lo up
chmod 755 "$work"

settle() {	# until the one that listens has nothing more to do
	sleep 0.4	# what comes waits in the kernel for a moment
	before=
	while now=$(cut -d' ' -f14,15 "/proc/$pid/stat" 2>/dev/null) && [ "$now" != "$before" ]; do
		before=$now
		sleep 0.4
	done
}
start() {	# options...: listens in the background, returns when the interface is open
	ip netns exec "$space" "$program" --json --interval 0 --no-trust "$@" >"$work/out" 2>"$work/err" &
	pid=$!
	for _ in $(seq 100); do
		[ -s "$work/err" ] && return
		[ "$(sed -n 's/^NoNewPrivs:[^0-9]*//p' /proc/$pid/status 2>/dev/null)" = 1 ] && return
		grep -q ' 0003 ' /proc/$pid/net/packet 2>/dev/null && settle && return
		sleep 0.05
	done
}
finish() {	# signal: waits until all was read, asks for the end; its exit status
	settle
	kill -"$1" $pid 2>/dev/null
	wait $pid
	status=$?
	pid=
	return $status
}
replay() {
	inside python3 "$here/tests/replay.py" tw0 "$@"
}
