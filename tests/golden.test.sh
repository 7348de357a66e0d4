#!/bin/sh
# Every capture in pcaps/ and what PROGRAM says of it.
exec python3 "$(dirname "$0")/golden.py" "$1"
