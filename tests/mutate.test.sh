#!/bin/sh
# mutate.test.sh PROGRAM BUILD-DIR: a sample of pcaps/, damaged in every way that mutate.py knows for the
# whole program, and in every way that mutants knows for all its rooms: cut at each byte of the first
# 2,000 and more. `make mutants` does the latter to all captures.
cd "$(dirname "$0")/.." || exit 1
python3 tests/mutate.py "$1" || exit 1
case $2 in *-san) every=90 ;; *) every=20 ;; esac
exec "$2/tests/mutate/mutants" -n 5 $(ls pcaps/*.pcap* | awk -v every="$every" 'NR % every == 1')
