#!/bin/sh
# The manual names every option that --help does and every cause that explain lists, and mandoc,
# where it is installed, finds nothing to complain about.
program=$1
here=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
. "$here/tests/claims.sh"

"$program" explain --mdoc >"$work/causes.mdoc" || echo "explain --mdoc failed"
sed -e "/^\\.\\\\\" CAUSES/r $work/causes.mdoc" "$here/tlswhy.1" >"$work/tlswhy.1"
check "the chapter has its place" grep -q '^\.Sh CAUSES' "$work/tlswhy.1"

for option in $("$program" --help | grep -oE -- '--[a-z][a-z-]+' | sort -u); do
	check "$option is in the manual" grep -qE "^\\.It Fl.* ?$(echo "$option" | cut -c 2-)( |\$)" "$here/tlswhy.1"
done
for code in $(sed -n 's/^cause //p' "$here/analyze/causes.txt"); do
	check "$code is in the manual" grep -qx ".It Sy $code" "$work/tlswhy.1"
done
for code in $("$program" explain | sed -nE 's/^  ([a-z_]+) .*/\1/p'); do
	check "$code is in causes.txt" grep -qx "cause $code" "$here/analyze/causes.txt"
done

if command -v mandoc >/dev/null; then
	mandoc -Tlint -W warning "$work/tlswhy.1" >"$work/lint" 2>/dev/null
	check "mandoc finds no fault: $(head -n 3 "$work/lint")" test ! -s "$work/lint"
fi
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
