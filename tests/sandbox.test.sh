#!/bin/sh
# The program imports nothing that can send a packet, and says so aloud when it runs without a
# sandbox. That an attempt inside the sandbox dies is tests/capture/test_confine.c.
program=$1
here=$(cd "$(dirname "$0")/.." && pwd)
. "$here/tests/claims.sh"
lacks() {
	! echo "$imports" | grep -qx "$1"
}

imports=$(nm -D --undefined-only "$program" | awk '{ print $NF }' | sed 's/@.*//')
check "the imports can be read" test -n "$imports"
for name in send sendto sendmsg sendmmsg sendfile connect socket socketpair bind listen accept accept4 \
	pcap_inject pcap_sendpacket pcap_sendqueue_transmit execve execvp execl execlp system popen \
	posix_spawn ptrace wolfSSL_new wolfSSL_connect wolfSSL_accept wolfSSL_CTX_new; do
	check "$name is not imported" lacks "$name"
done

capture=$(find "$here/pcaps" -name '*.pcap' | sort | head -n 1)
check "a capture is read inside the sandbox" sh -c "'$program' --json '$capture' | grep summary >/dev/null"
check "a filter may name a port" sh -c "'$program' --json '$capture' port https | grep summary >/dev/null"
if ! grep -q __asan_init "$program"; then
	check "no name server is asked for a host" sh -c "'$program' '$capture' host name.invalid 2>&1 | grep unknown >/dev/null"
fi
check "going without is said aloud" sh -c "'$program' --no-sandbox '$capture' 2>&1 >/dev/null | grep sandbox >/dev/null"
if grep -q __asan_init "$program"; then
	echo "skipped: a sanitized build has no sandbox, its leak checker needs ptrace"
else
	# While it waits for its input, the kernel says what it is confined by.
	fifo=$(mktemp -u)
	mkfifo "$fifo"
	"$program" --json - <"$fifo" >/dev/null &
	pid=$!
	exec 9>"$fifo"
	head -c 24 "$capture" >&9
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		mode=$(sed -n 's/^Seccomp:[^0-9]*//p' /proc/$pid/status)
		[ "$mode" = 2 ] && break
		sleep 0.1
	done
	check "a filter of system calls is in force" test "$mode" = 2
	check "no new privileges can be had" grep -q '^NoNewPrivs:.*1' /proc/$pid/status
	exec 9>&-
	check "it ends as it should" wait $pid
	rm -f "$fifo"
fi
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
