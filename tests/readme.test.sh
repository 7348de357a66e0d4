#!/bin/sh
# The README opens with what the program prints: PROGRAM must still print just that.
cd "$(dirname "$0")/.." || exit 1
case $1 in /*) program=$1 ;; *) program=./$1 ;; esac
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT

# The time that reading took is the machine's, not the program's.
steady() {
	sed -E 's/read in [0-9.]+ m?u?s\./read in no time./'
}

sed -n '/^<!-- example begin/,/^<!-- example end/p' README.md | sed '/^<!--/d; /^```/d' >"$room/block"
capture=$(sed -n '1s/^\$ tlswhy //p' "$room/block")
sed 1d "$room/block" | steady >"$room/shown"
"$program" "$capture" 2>&1 | steady >"$room/said"
if [ -n "$capture" ] && diff "$room/shown" "$room/said"; then
	echo "1 passed, 0 failed"
else
	echo "0 passed, 1 failed"
	exit 1
fi
