#!/bin/sh
# What several threads read is what one reads.
exec python3 "$(dirname "$0")/workers.py" "$1"
