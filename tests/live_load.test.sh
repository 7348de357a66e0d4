#!/bin/sh
# Floods on an interface and readers that do not keep up: tests/live_load.py says which.
exec python3 "$(dirname "$0")/live_load.py" "$1" "$2"
