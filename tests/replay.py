#!/usr/bin/env python3
"""replay.py IFACE[,IFACE...] COUNT CAPTURE...: sends the first COUNT frames (0: all) of each Ethernet capture
(pcap) through an interface, as fast as they go; through which of several the last byte of their source says.
Only for interfaces in a namespace that a test has made."""
import errno
import socket
import struct
import sys
import time


def frames(path):
    with open(path, "rb") as capture:
        data = capture.read()
    order = "<" if data[:4] in (b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1") else ">"
    at = 24
    while at + 16 <= len(data):
        length = struct.unpack(order + "I", data[at + 8:at + 12])[0]
        yield data[at + 16:at + 16 + length]
        at += 16 + length


def send(out, frame):
    while True:
        try:
            out.send(frame)
            return
        except OSError as error:
            if error.errno != errno.ENOBUFS:  # the queue is full: a little later
                raise
            time.sleep(0.001)


def main():
    interfaces, count, captures = sys.argv[1].split(","), int(sys.argv[2]), sys.argv[3:]
    outs = [socket.socket(socket.AF_PACKET, socket.SOCK_RAW) for _ in interfaces]
    for out, interface in zip(outs, interfaces):
        out.bind((interface, 0))
    for capture in captures:
        for frame in list(frames(capture))[:count or None]:
            send(outs[frame[11] % len(outs)], frame)


main()
