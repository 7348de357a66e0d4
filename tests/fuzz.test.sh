#!/bin/sh
# fuzz.test.sh PROGRAM BUILD-DIR: what the fuzz targets once found stays mended, and every target
# bears the seeds that are made of pcaps/. Where clang has its fuzzer, the sanitized round also looks
# for more, shortly.
cd "$(dirname "$0")/.." || exit 1
build=$2
seeds=$(mktemp -d)
trap 'rm -rf "$seeds"' EXIT
passed=0 failed=0
count() {	# status, name
	if [ "$1" -eq 0 ]; then passed=$((passed + 1)); else
		failed=$((failed + 1))
		echo "$2 broke"
	fi
}

python3 tests/fuzz/seeds.py "$seeds" 60 || exit 1
for target in "$build"/tests/fuzz/fuzz_*; do
	case $target in *.o | *.d | *.gc*) continue ;; esac
	name=$(basename "$target")
	"$target" $(find "tests/fuzz/regress/$name" "$seeds/$name" -type f 2>/dev/null)
	count $? "$name"
done

has_fuzzer() {
	echo 'int LLVMFuzzerTestOneInput(const char *d, long n); int LLVMFuzzerTestOneInput(const char *d, long n) { (void)d; return n < 0; }' |
		clang -x c -fsanitize=fuzzer,address - -o "$seeds/has_fuzzer" 2>/dev/null
}
case $build in
*-san)
	if has_fuzzer; then
		make -s fuzz BUILD="${build%-san}" T="${FUZZ_SECONDS:-1}"
		count $? "make fuzz"
	else
		echo "skipped: make fuzz (no clang with libclang-rt)"
	fi
	;;
esac
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
