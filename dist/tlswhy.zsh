#compdef tlswhy
# zsh completion for tlswhy

_tlswhy_causes() {
	local -a causes
	causes=(${(f)"$(tlswhy explain 2>/dev/null | sed -nE 's/^  ([a-z_]+) +(.*)/\1:\2/p')"})
	_describe cause causes
}

_tlswhy_interfaces() {
	_alternative 'any:all interfaces:(any)' 'interfaces:interface:_net_interfaces'
}

_tlswhy_first() {
	_alternative 'commands:command:(explain)' 'files:capture:_files'
}

if [[ ${words[2]} == explain ]]; then
	_arguments '1:command:(explain)' '2:cause:_tlswhy_causes'
	return
fi
_arguments -s \
	'*-r[read a capture\: pcap or pcapng, also gzip or zstd; a directory; - is stdin]:file:_files' \
	'--all[show the handshakes that worked too]' \
	'--json[one JSON record a line on standard output, of every handshake]' \
	'--failed[with --json\: leave out those that completed]' \
	'--fail[exit status 1 when at least one handshake failed]' \
	'--keylog[NSS key log, to read what is encrypted]:file:_files' \
	'--ca-file[the client'\''s own trusted roots (PEM); default\: the system'\''s bundle]:file:_files' \
	'--ca-path[a directory of them]:dir:_files -/' \
	'--no-trust[judge certificates without any trusted root]' \
	'--crl[certificate revocation lists to hold certificates against]:file:_files' \
	'*--tls-port[TLS is expected on this port too; may be repeated]:port:' \
	'-o[write to this file instead of standard output]:file:_files' \
	'-w[write the packets of handshakes that failed to this capture file]:file:_files' \
	'--rotate-size[begin it anew before it exceeds this size; suffix K, M or G]:size:' \
	'--rotate-time[or after this time]:seconds:' \
	'--rotate-keep[older files to keep, as FILE.1 and so on; default 10]:n:' \
	'--metrics[totals for Prometheus, replaced whenever they are reported]:file:_files' \
	'--no-sandbox[where the system has none\: go on without]' \
	'--workers[threads that read; default\: by size and cores, 1 live]:number:' \
	'--memory[use no more than about this; suffix K, M or G; default 512M]:size:' \
	'-c[end after so many packets of each input]:count:' \
	'-h[this text]' \
	'--help[this text]' \
	'-V[the version]' \
	'--version[the version]' \
	'*-i[listen on an interface; may be repeated; any is all of them]:iface:_tlswhy_interfaces' \
	'-D[list the interfaces and end]' \
	'-p[do not put the interface into promiscuous mode]' \
	'-s[keep so much of each packet; default 262144]:bytes:' \
	'-B[buffer in the kernel, for each interface; default 16384]:kib:' \
	'-j[time stamps of this type, see pcap-tstamp(7); default\: the host'\''s]:type:' \
	'-Z[give up root for this user; default tlswhy, or else nobody]:user:_users' \
	'-G[end after this time]:seconds:' \
	'--interval[report servers and totals so often; default 60, 0 is never]:seconds:' \
	'1:command, capture or filter:_tlswhy_first' \
	'*:capture or filter:_files'
