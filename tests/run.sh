#!/bin/sh
# Runs every test program and every script in tests/*.test.sh (PROGRAM BUILD-DIR), for each build
# named on the command line as: LABEL BUILD-DIR PROGRAM. Ends in "N passed, N failed".
cd "$(dirname "$0")/.." || exit 1
passed=0
failed=0
log=$(mktemp)
trap 'rm -f "$log"' EXIT
export ASAN_OPTIONS="${ASAN_OPTIONS:-detect_leaks=1}"

run() {	# name, command...: a program that prints cmocka's counts or "N passed, N failed"
	name=$1
	shift
	began=$(date +%s)
	"$@" >"$log" 2>&1
	status=$?
	took=$(($(date +%s) - began))
	ok=$(sed -nE 's/^\[  PASSED  \] ([0-9]+) test.*/\1/p; s/^([0-9]+) passed, [0-9]+ failed.*/\1/p' "$log" | tail -n 1)
	no=$(sed -nE 's/^\[  FAILED  \] ([0-9]+) test.*/\1/p; s/^[0-9]+ passed, ([0-9]+) failed.*/\1/p' "$log" | tail -n 1)
	if [ $status -ne 0 ] && [ "${no:-0}" -eq 0 ]; then
		no=1
	fi
	passed=$((passed + ${ok:-0}))
	failed=$((failed + ${no:-0}))
	printf '%-50s %s passed, %s failed%s\n' "$name" "${ok:-0}" "${no:-0}" "$([ $took -lt 2 ] || echo ", $took s")"
	[ "${no:-0}" -eq 0 ] || grep -vE '^\[ +(RUN|OK) ' "$log" | tail -n 60
}

while [ $# -ge 3 ]; do
	label=$1 build=$2 program=$3
	shift 3
	for t in "$build"/tests/*/test_*; do
		case $t in *.o | *.d | *.gc* | *'*') continue ;; esac
		run "$label ${t#"$build"/tests/}" "$t"
	done
	for t in tests/*.test.sh; do
		[ -e "$t" ] || continue
		run "$label ${t#tests/}" sh "$t" "$program" "$build"
	done
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
