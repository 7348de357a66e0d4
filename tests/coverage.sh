#!/bin/sh
# coverage.sh BUILD-DIR: lines that the tests run, by room, and the files that they leave out most.
build=$1
for room in capture dissect analyze report run; do
	for notes in "$build/$room"/*.gcno; do
		name=$(basename "$notes" .gcno)
		(cd "$build" && gcov -n -o "$room" "$room/$name.gcno" 2>/dev/null) |
			awk -v room="$room" -v want="$room/$name.c" '
				/^File / { file = $2; gsub("\047", "", file) }
				/^Lines executed/ && file ~ want "$" { split($2, p, /[:%]/); print room, want, p[2], $4 }'
	done
done | awk '
	{ lines[$1] += $4; run[$1] += $3 * $4 / 100; all += $4; done += $3 * $4 / 100
	  if ($3 < 80) low[$2] = $3 }
	END {
		for (r in lines) printf "%-10s %5.1f %% of %5d lines\n", r, 100 * run[r] / lines[r], lines[r]
		printf "%-10s %5.1f %% of %5d lines\n", "all", 100 * done / all, all
		for (f in low) printf "   below 80 %%: %s %s %%\n", f, low[f]
	}'
