#!/bin/sh
# Encapsulations on an interface, with one reader and several: tests/live_wrapped.py says which.
exec python3 "$(dirname "$0")/live_wrapped.py" "$1"
