#!/bin/sh
# A room includes its own headers by bare name and the front doors to its left, nothing else.
cd "$(dirname "$0")/.." || exit 1
status=0
check() {	# room, extended regex of allowed cross-room includes
	bad=$(grep -nE '#include "(\.\./|[a-z]+/)' "$1"/*.c "$1"/*.h 2>/dev/null |
		grep -vE "#include \"($2|dissect/tables.inc|analyze/causes.inc)\"")
	[ -z "$bad" ] || { echo "walls: $1 reaches where it may not:"; echo "$bad"; status=1; }
}
check capture '\.\./(bytes|must)\.h'
check dissect '\.\./(bytes|must)\.h|\.\./capture/capture\.h'
check analyze '\.\./(bytes|must)\.h|\.\./capture/capture\.h|\.\./dissect/dissect\.h'
check report '\.\./(bytes|must)\.h|\.\./(capture/capture|dissect/dissect|analyze/analyze)\.h'
check run '\.\./must\.h|\.\./(capture/capture|dissect/dissect|analyze/analyze|report/report)\.h'
bad=$(grep -lE '#include <wolfssl' capture/* analyze/* report/* run/* main.c 2>/dev/null
      grep -lE '#include <pcap' dissect/* analyze/* report/* run/* main.c 2>/dev/null)
[ -z "$bad" ] || { echo "walls: a guest library outside its room:"; echo "$bad"; status=1; }
exit $status
