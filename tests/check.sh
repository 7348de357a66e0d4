#!/bin/sh
# check.sh: every check that needs more than a compiler; a tool that is missing is skipped by name.
# Findings that are wrong are silenced in .clang-tidy and tests/cppcheck.txt, with the reason.
cd "$(dirname "$0")/.." || exit 1
status=0
sources="capture/*.c dissect/*.c analyze/*.c report/*.c run/*.c *.c"
defines="-D_GNU_SOURCE -DTLSWHY_VERSION=\"check\" -Ibuild"
say() {
	printf '%-10s %s\n' "$1" "$2"
	[ "$2" != broken ] || status=1
}

with() {	# tool, command...
	tool=$1
	shift
	if ! command -v "$tool" >/dev/null; then
		say "$tool" "skipped: not installed"
	elif "$@"; then
		say "$tool" "nothing found"
	else
		say "$tool" broken
	fi
}

with gcc make -s -j2 CC=gcc all tests
with clang make -s -j2 CC=clang BUILD=build-clang PROGRAM=build-clang/tlswhy build-clang/tlswhy tests
with cppcheck cppcheck -q --std=c11 --enable=warning,portability,performance --inline-suppr \
	--suppress=missingIncludeSystem --suppressions-list=tests/cppcheck.txt --error-exitcode=1 $defines $sources

tidy() {	# it counts what it was told to be silent about, on standard error
	clang-tidy --quiet $sources -- -std=c11 $defines -Wno-everything 2>build/tidy.log || { cat build/tidy.log; return 1; }
}
with clang-tidy tidy

# Races between the threads that read: however many of them, the same answers, and not a word of the
# sanitizer's.
threads() {
	make -s -j2 BUILD=build-tsan PROGRAM=build-tsan/tlswhy SANITIZE=thread CFLAGS="-O1 -g" build-tsan/tlswhy \
		build-tsan/tests/report/test_output &&
	build-tsan/tests/report/test_output >/dev/null 2>&1 && python3 tests/workers.py build-tsan/tlswhy >build/tsan.log ||
		{ tail -n 40 build/tsan.log; return 1; }
}
with threads threads

under_valgrind() {
	for capture in $(ls pcaps/*.pcap* | awk 'NR % 120 == 1'); do
		valgrind -q --leak-check=full --error-exitcode=99 ./tlswhy --no-sandbox --no-trust --all "$capture" \
			>/dev/null 2>build/valgrind.log || { cat build/valgrind.log; return 1; }
	done
}
with valgrind under_valgrind
exit $status
