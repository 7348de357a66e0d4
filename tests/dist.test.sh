#!/bin/sh
# dist.test.sh PROGRAM BUILD: what is installed beside the program knows the same options, the package holds
# it all and can be installed, and the unit is one that systemd takes and the program can live with.
program=$1 build=$2
case $program in /*) ;; *) program=$PWD/$program ;; esac
here=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
. "$here/tests/claims.sh"
for option in $("$program" --help | sed -nE 's/^  (-[A-Za-z]|--[a-z-]+).*/\1/p'); do
	check "zsh completes $option" grep -qF -e "'$option[" -e "'*$option[" "$here/dist/tlswhy.zsh"
	case $option in
	--*) flag="-l ${option#--}" ;;
	*) flag="-s ${option#-}" ;;
	esac
	check "fish completes $option" grep -q -e " $flag " "$here/dist/tlswhy.fish"
done
for shell in bash zsh fish; do
	if command -v $shell >/dev/null; then
		check "$shell can read its file" $shell -n "$here/dist/tlswhy.$shell"
	else
		echo "skipped: there is no $shell to read its completions"
	fi
done

# What each shell offers behind some words.
mkdir "$work/bin"
ln -s "$program" "$work/bin/tlswhy"
export PATH="$work/bin:$PATH"
in_bash() {
	bash -c '. "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _tlswhy; printf "%s\n" "${COMPREPLY[@]}"' \
		"$here/dist/tlswhy.bash" "$@"
}
in_fish() {
	fish -c 'source $argv[1]; complete -C "$argv[2]"' "$here/dist/tlswhy.fish" "$1" | cut -f 1
}
in_bash tlswhy --me >"$work/bash"
check "bash offers --memory and --metrics" test "$(sort "$work/bash" | tr '\n' ' ')" = "--memory --metrics "
in_bash tlswhy -i l >"$work/bash"
check "bash offers interfaces" grep -qx lo "$work/bash"
in_bash tlswhy explain alpn >"$work/bash"
check "bash offers causes" grep -qx alpn_mismatch "$work/bash"
if command -v fish >/dev/null; then
	in_fish "tlswhy --me" >"$work/fish"
	check "fish offers --memory and --metrics" test "$(sort "$work/fish" | tr '\n' ' ')" = "--memory --metrics "
	in_fish "tlswhy -i l" >"$work/fish"
	check "fish offers interfaces" grep -qx lo "$work/fish"
	in_fish "tlswhy explain alpn" >"$work/fish"
	check "fish offers causes" grep -qx alpn_mismatch "$work/fish"
	in_fish "tlswhy $here/READ" >"$work/fish"
	check "fish offers files" grep -q 'README.md$' "$work/fish"
fi
if command -v zsh >/dev/null; then
	mkdir "$work/zsh"
	cp "$here/dist/tlswhy.zsh" "$work/zsh/_tlswhy"
	in_zsh() {
		python3 "$here/tests/dist/zsh_offers.py" "$work/zsh" "$1" | tr '\n' ' '
	}
	check "zsh offers --memory and --metrics" test "$(in_zsh "tlswhy --me")" = "--memory --metrics "
	check "zsh offers interfaces" test "$(in_zsh "tlswhy -i l")" = "lo "
	check "zsh offers all interfaces" test "$(in_zsh "tlswhy -i lo -i an")" = "any "
	check "zsh offers to explain" test "$(in_zsh "tlswhy expl")" = "explain "
	check "zsh offers causes" test "$(in_zsh "tlswhy explain alpn")" = "alpn_mismatch "
	check "zsh offers files" test "$(in_zsh "tlswhy --json $here/READ")" = "README.md "
fi

if grep -q __asan_init "$program"; then
	echo "skipped: the package is made of the plain build"
elif ! command -v dpkg-deb >/dev/null; then
	echo "skipped: there is no dpkg-deb to make a package with"
else
	package=$work/$(PROGRAM=$program BUILD=$build "$here/dist/deb.sh" "$work/deb" 0.1 "$work" 2>"$work/why")
	check "a package is made: $(head -n 2 "$work/why")" test -f "$package"
	dpkg-deb -c "$package" | awk '{ print $1, $2, $6 }' >"$work/contents"
	for file in ./usr/bin/tlswhy ./usr/share/man/man1/tlswhy.1.gz ./lib/systemd/system/tlswhy.service \
		./usr/share/bash-completion/completions/tlswhy ./usr/share/zsh/vendor-completions/_tlswhy \
		./usr/share/fish/vendor_completions.d/tlswhy.fish ./usr/share/doc/tlswhy/copyright; do
		check "it holds $file, of root" grep -qE "^-rw.r-.r-. root/root $file\$" "$work/contents"
	done
	check "it holds nothing else" test "$(grep -c '^-' "$work/contents")" = 7
	check "it depends on the libraries that are loaded" sh -c "dpkg-deb -f '$package' Depends |
		grep -q 'libpcap.*libwolfssl'"
	root=$work/root
	mkdir -p "$root/var/lib/dpkg/info" "$root/var/lib/dpkg/updates"
	: >"$root/var/lib/dpkg/status"
	check "it can be installed" sh -c "dpkg --root='$root' --force-depends --force-not-root --force-bad-path \
		-i '$package' >'$work/why' 2>&1 || { cat '$work/why'; false; }"
	check "the installed program runs" sh -c "'$root/usr/bin/tlswhy' --version | grep -q '^tlswhy 0'"
	check "its manual has the causes" sh -c "gzip -dc '$root/usr/share/man/man1/tlswhy.1.gz' | grep -q cert_expired"
	if command -v systemd-analyze >/dev/null; then
		cp -a "$root/usr/bin/tlswhy" "$work/verified"
		sed "s,/usr/bin/tlswhy,$work/verified," "$root/lib/systemd/system/tlswhy.service" >"$work/tlswhy.service"
		check "systemd takes the unit without a word" sh -c "systemd-analyze verify --man=no '$work/tlswhy.service' 2>&1 |
			tee /dev/stderr | wc -l | grep -qx 0"
	fi
	check "it can be removed" sh -c "dpkg --root='$root' --force-not-root --force-bad-path -r tlswhy >/dev/null 2>&1 &&
		test ! -e '$root/usr/bin/tlswhy'"
fi

if command -v systemd-analyze >/dev/null; then
	score=$(systemd-analyze security --offline=yes "$here/dist/tlswhy.service" 2>/dev/null |
		sed -nE 's/.*exposure level for tlswhy.service: ([0-9]+)\..*/\1/p')
	check "systemd finds the unit little exposed (${score:-not judged}): below 2" test "${score:-9}" -le 1
else
	echo "skipped: there is no systemd-analyze to judge the unit"
fi
if grep -q __asan_init "$program"; then
	echo "skipped: a sanitized program asks for more than the unit allows"
else
	python3 "$here/tests/dist/unit.py" "$program" "$build" >"$work/unit"
	grep -vE '^[0-9]+ passed' "$work/unit"
	passed=$((passed + $(sed -n 's/^\([0-9]*\) passed.*/\1/p' "$work/unit")))
	failed=$((failed + $(sed -n 's/.* passed, \([0-9]*\) failed/\1/p' "$work/unit")))
fi
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
