#!/bin/sh
# A tap that loses packets makes no failure of what worked.
exec python3 "$(dirname "$0")/lossy.py" "$1"
