#!/bin/sh
# What is installed beside the program knows the same options, and the unit is one that systemd takes.
program=$1
here=$(cd "$(dirname "$0")/.." && pwd)
. "$here/tests/claims.sh"
for option in $("$program" --help | sed -nE 's/^  (-[A-Za-z]|--[a-z-]+).*/\1/p'); do
	check "zsh completes $option" grep -qF -e "'$option[" -e "'*$option[" "$here/dist/tlswhy.zsh"
	case $option in
	--*) flag="-l ${option#--}" ;;
	*) flag="-s ${option#-}" ;;
	esac
	check "fish completes $option" grep -q -e " $flag " "$here/dist/tlswhy.fish"
done
for shell in bash zsh; do
	if command -v $shell >/dev/null; then
		check "$shell can read its file" $shell -n "$here/dist/tlswhy.$shell"
	fi
done
if command -v systemd-analyze >/dev/null; then
	score=$(systemd-analyze security --offline=yes "$here/dist/tlswhy.service" 2>/dev/null |
		sed -nE 's/.*exposure level for tlswhy.service: ([0-9]+)\..*/\1/p')
	check "systemd finds the unit little exposed (${score:-not judged}): below 2" test "${score:-0}" -le 1
fi
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
