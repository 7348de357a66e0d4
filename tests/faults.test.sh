#!/bin/sh
# Memory, files and pipes that fail: PROGRAM is to say so in one line, not to crash.
exec python3 "$(dirname "$0")/faults.py" "$@"
