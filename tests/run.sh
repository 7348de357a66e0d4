#!/bin/sh
# Runs every test program and every script in tests/*.test.sh (PROGRAM BUILD-DIR), for each build
# named on the command line as: LABEL BUILD-DIR PROGRAM. Ends in "N passed, N failed".
cd "$(dirname "$0")/.." || exit 1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export ASAN_OPTIONS="${ASAN_OPTIONS:-detect_leaks=1}"
# Those that wait more than they work run beside the others, and are told behind them.
waiting="tests/live.test.sh tests/live_wrapped.test.sh"

run() {	# lane, name, command...: a program that prints cmocka's counts or "N passed, N failed"
	lane=$1 name=$2 log=$work/$1.log
	shift 2
	began=$(date +%s)
	"$@" >"$log" 2>&1
	status=$?
	took=$(($(date +%s) - began))
	ok=$(sed -nE 's/^\[  PASSED  \] ([0-9]+) test.*/\1/p; s/^([0-9]+) passed, [0-9]+ failed.*/\1/p' "$log" | tail -n 1)
	no=$(sed -nE 's/^\[  FAILED  \] ([0-9]+) test.*/\1/p; s/^[0-9]+ passed, ([0-9]+) failed.*/\1/p' "$log" | tail -n 1)
	if [ $status -ne 0 ] && [ "${no:-0}" -eq 0 ]; then
		no=1
	fi
	echo "${ok:-0} ${no:-0}" >>"$work/$lane.counts"
	printf '%-50s %s passed, %s failed%s\n' "$name" "${ok:-0}" "${no:-0}" "$([ $took -lt 2 ] || echo ", $took s")"
	sed -n 's,^skipped: ,    &,p' "$log"
	[ "${no:-0}" -eq 0 ] || grep -vE '^\[ +(RUN|OK) ' "$log" | tail -n 60
}

waits() {
	case " $waiting " in *" $1 "*) ;; *) false ;; esac
}

working_lane() {	# LABEL BUILD-DIR PROGRAM...
	while [ $# -ge 3 ]; do
		for t in "$2"/tests/*/test_*; do
			case $t in *.o | *.d | *.gc* | *'*') continue ;; esac
			run working "$1 ${t#"$2"/tests/}" "$t"
		done
		for t in tests/*.test.sh; do
			waits "$t" || run working "$1 ${t#tests/}" sh "$t" "$3" "$2"
		done
		shift 3
	done
}

waiting_lane() {	# the same
	while [ $# -ge 3 ]; do
		for t in $waiting; do
			run waiting "$1 ${t#tests/}" sh "$t" "$3" "$2"
		done
		shift 3
	done
}

waiting_lane "$@" >"$work/waiting" 2>&1 &
trap 'kill $! 2>/dev/null; rm -rf "$work"' EXIT
working_lane "$@"
wait
cat "$work/waiting"
cat "$work"/*.counts | awk '{ ok += $1; no += $2 } END { print ok " passed, " no " failed"; exit no > 0 }'
