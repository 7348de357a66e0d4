#!/bin/sh
# Every record of every capture in pcaps/ is as report/tlswhy.schema.json says. One check counts
# one record; a validator that lets everything pass would be no test, so it is tried first.
program=$1
here=$(cd "$(dirname "$0")" && pwd)
schema=$here/../report/tlswhy.schema.json
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

if echo '{"schema":"tlswhy/1","type":"summary","files":null}' |
	python3 "$here/schema.py" "$schema" >/dev/null; then
	echo "the validator let a broken record pass"
	echo "0 passed, 1 failed"
	exit 1
fi

for code in $(sed -n '/^section Finding/q; s/^cause //p' "$here/../analyze/causes.txt"); do
	grep -q "\"$code\"" "$schema" && continue
	echo "the schema lacks the code $code"
	echo "0 passed, 1 failed"
	exit 1
done

# An empty capture (pcap, little-endian, Ethernet) has a summary all the same.
printf '\324\303\262\241\002\000\004\000\000\000\000\000\000\000\000\000\000\000\004\000\001\000\000\000' \
	>"$work/empty.pcap"
"$program" --json "$work/empty.pcap" >"$work/records" || echo "exit status $? on an empty capture"
if [ -d "$here/../pcaps" ]; then
	find "$here/../pcaps" -name '*.pcap*' | sort | xargs -n 50 "$program" --json >>"$work/records" 2>/dev/null
fi
[ -s "$work/records" ] || { echo "no record at all"; echo "0 passed, 1 failed"; exit 1; }
python3 "$here/schema.py" "$schema" <"$work/records"
