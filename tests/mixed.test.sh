#!/bin/sh
# 500 handshakes at once, 30 of them failed: all found, none invented, in whatever order they come.
exec python3 "$(dirname "$0")/mixed.py" "$1"
