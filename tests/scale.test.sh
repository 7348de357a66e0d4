#!/bin/sh
# scale.test.sh PROGRAM BUILD-DIR: nothing grows faster than its input. A sanitizer's allocator has costs of
# its own.
case $2 in *-san) echo "0 passed, 0 failed"; exit 0 ;; esac
FEWER=4 exec python3 "$(dirname "$0")/scale.py" "$1"
