#!/usr/bin/env python3
"""replay.py IFACE CAPTURE [FIRST PACKETS]: sends the frames of an Ethernet capture (pcap) through an
interface, as fast as they go. Only for interfaces in a namespace that a test has made."""
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


def main():
    most = int(sys.argv[3]) if len(sys.argv) > 3 else None
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as out:
        out.bind((sys.argv[1], 0))
        for frame in list(frames(sys.argv[2]))[:most]:
            while True:
                try:
                    out.send(frame)
                    break
                except OSError as error:
                    if error.errno != 105:  # ENOBUFS: the queue is full
                        raise
                    time.sleep(0.001)


main()
