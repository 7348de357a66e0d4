#!/bin/sh
# deb.sh ROOM VERSION [DIRECTORY]: a Debian package with program, manual, unit and completions, beside the
# sources or in that directory.
# What it depends on is read from the program: the packages whose libraries it loads.
set -eu
room=$1 version=$2 directory=${3:-.}
command -v dpkg-deb >/dev/null || { echo "tlswhy: make deb needs dpkg-deb" >&2; exit 1; }
rm -rf "$room"
mkdir -p "$room"
room=$(cd "$room" && pwd)
cd "$(dirname "$0")/.."
make -s install DESTDIR="$room" PREFIX=/usr >/dev/null
gzip -9n "$room/usr/share/man/man1/tlswhy.1"
strip "$room/usr/bin/tlswhy"
install -D -m 644 dist/tlswhy.service "$room/lib/systemd/system/tlswhy.service"
install -D -m 644 LICENSE "$room/usr/share/doc/tlswhy/copyright"

packages() {	# of the libraries that the program names
	objdump -p "$room/usr/bin/tlswhy" | awk '$1 == "NEEDED" { print $2 }' | while read -r library; do
		path=$(ldconfig -p | awk -v l="$library" '$1 == l { print $NF; exit }')
		dpkg-query -S "$(realpath "$path")" "$path" 2>/dev/null | head -n 1 | cut -d: -f1
	done | sort -u | paste -sd, | sed 's/,/, /g'
}

mkdir "$room/DEBIAN"
cat >"$room/DEBIAN/control" <<END
Package: tlswhy
Version: $version
Section: net
Priority: optional
Architecture: $(dpkg --print-architecture)
Depends: $(packages)
Recommends: ca-certificates
Maintainer: $(git log -1 --format='%an <%ae>' 2>/dev/null || echo "tlswhy <root@localhost>")
Installed-Size: $(du -sk "$room/usr" | cut -f1)
Description: says why TLS handshakes failed
 Reads captures or listens on a mirror port, follows every TLS, DTLS and QUIC
 handshake, and says of those that failed what ended them, which packets prove
 it, and what the owner of the client, the server or the network can do.
END
package="tlswhy_${version}_$(dpkg --print-architecture).deb"
dpkg-deb --root-owner-group --build "$room" "$directory/$package" >/dev/null
echo "$package"
