#!/bin/sh
# What mirror ports put around packets, and how often they see them, changes no verdict.
exec python3 "$(dirname "$0")/wrapped.py" "$1"
