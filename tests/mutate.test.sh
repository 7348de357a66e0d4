#!/bin/sh
# mutate.test.sh PROGRAM: a sample of pcaps/, each capture damaged in every way that mutate.py knows.
exec python3 "$(dirname "$0")/mutate.py" "$1"
