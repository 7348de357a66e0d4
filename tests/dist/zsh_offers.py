#!/usr/bin/env python3
"""zsh_offers.py DIRECTORY WORDS: what an interactive zsh offers behind these words, one a line, when the
directory with the file _tlswhy is where it looks for completions."""

import os
import pty
import re
import select
import sys
import time

SETUP = r"""
PROMPT= RPROMPT= LISTMAX=10000
fpath=(%(directory)s $fpath)
autoload -Uz compinit && compinit -u -D
compadd() {
	local -a offered
	if [[ ${@[1,(i)(-|--)]} != *-(O|A|D)(| *) ]]; then
		builtin compadd -A offered "$@"
		print -rl -- ${offered/#/OFFERED }
	fi
	builtin compadd "$@"
}
all_told() { print ALL-TOLD }
tell_all() { comppostfuncs=(all_told); zle complete-word }
zle -C told complete-word _generic
zle -N tell_all
bindkey '^I' tell_all
print RE''ADY
"""


def read_until(fd, mark, seconds=20):
	text, end = b"", time.monotonic() + seconds
	while mark not in text and time.monotonic() < end:
		if select.select([fd], [], [], 0.5)[0]:
			try:
				text += os.read(fd, 4096)
			except OSError:
				break
	if mark not in text:
		raise SystemExit("zsh never said %r, but %r" % (mark, text[-300:]))
	return text.decode(errors="replace")


def main():
	directory, words = os.path.abspath(sys.argv[1]), sys.argv[2]
	pid, fd = pty.fork()
	if pid == 0:
		os.environ["TERM"] = "dumb"
		os.execvp("zsh", ["zsh", "-f", "-i"])
	setup = os.path.join(directory, "setup")
	with open(setup, "w") as f:
		f.write(SETUP % {"directory": directory})
	os.write(fd, b". %s\n" % setup.encode())
	read_until(fd, b"READY")
	os.write(fd, words.encode() + b"\t")
	told = read_until(fd, b"ALL-TOLD")
	os.write(fd, b"\x03exit\n")
	os.close(fd)
	os.waitpid(pid, 0)
	for word in sorted(set(re.findall(r"OFFERED ([^\r\n]+)", told))):
		print(word)


main()
