#!/bin/sh
# run.sh BUILD-DIR SECONDS: each fuzz target for so long. What it learns stays in
# BUILD-DIR/corpus; what breaks it is put into tests/fuzz/regress/, to be mended and kept.
here=$(dirname "$0")
build=$1 seconds=$2
status=0
mkdir -p "$build/corpus"
[ -d "$build/seeds" ] || python3 "$here/seeds.py" "$build/seeds" || exit 1

one() {
	name=$(basename "$1")
	mkdir -p "$build/corpus/$name" "$build/seeds/$name" "$here/regress/$name"
	"$1" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=1024 -max_len=65536 -dict="$here/tls.dict" \
		-artifact_prefix="$here/regress/$name/" -print_final_stats=1 -reload=0 \
		"$build/corpus/$name" "$build/seeds/$name" >"$build/$name.log" 2>&1
	ended=$?
	rmdir "$here/regress/$name" 2>/dev/null
	sed -n 's/^stat::number_of_executed_units: */'"$name"': executions /p' "$build/$name.log"
	grep -E '^#[0-9]+.*cov:' "$build/$name.log" | tail -n 1 | sed -E 's/.*(cov: [0-9]+ ft: [0-9]+).*/'"$name"': \1/'
	[ "$ended" -eq 0 ] || {
		echo "$name: broke; the end of $build/$name.log:"
		grep -E 'does not hold|ERROR|SUMMARY|runtime error|Test unit' "$build/$name.log"
		return 1
	}
}

set -- "$build"/tests/fuzz/fuzz_*
for target in "$@"; do
	case $target in *.o | *.d) continue ;; esac
	one "$target" || status=1
done
exit $status
