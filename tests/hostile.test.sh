#!/bin/sh
# hostile.test.sh PROGRAM: traffic made to exhaust whoever watches it.
exec python3 "$(dirname "$0")/hostile.py" "$@"
