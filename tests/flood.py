#!/usr/bin/env python3
"""flood.py PROGRAM: floods, fed through a pipe with little memory allowed, and a handshake that fails
in the middle of each. The peak of memory stays within bounds and the handshake is told; under
sanitizers only the latter counts."""
import json
import os
import struct
import subprocess
import sys
import threading

CLIENT_HELLO = bytes.fromhex(
    "160301003f" "0100003b" "0303" + "11" * 32 + "00" "0004" "c02f009c" "0100" "000e"
    "000a00040002001d" "ff01000100")
ALERT = bytes.fromhex("15030300020228")
SYN, ACK, FIN, RST = 2, 16, 1, 4
MEMORY = 48    # MiB, for all: the program, its libraries and the trusted roots too
SLACK = 8      # what the allocator may lose between blocks


def frame(second, source, destination, sport, dport, seq, ack, flags, payload=b""):
    tcp = struct.pack("!HHIIBBHHH", sport, dport, seq, ack, 0x50, flags, 65535, 0, 0)
    ip = struct.pack("!BBHHHBBHII", 0x45, 0, 40 + len(payload), 1, 0x4000, 64, 6, 0, source, destination)
    packet = bytes(12) + b"\x08\x00" + ip + tcp + payload
    micros = int(second * 1e6)
    return struct.pack("<IIII", micros // 1000000, micros % 1000000, len(packet), len(packet)) + packet


def connection(second, client, server, port, hello=b"", answer=b""):
    yield frame(second, client, server, port, 443, 1000, 0, SYN)
    yield frame(second, server, client, 443, port, 5000, 1001, SYN | ACK)
    yield frame(second, client, server, port, 443, 1001, 5001, ACK)
    if hello:
        yield frame(second, client, server, port, 443, 1001, 5001, ACK, hello)
    if answer:
        at = 1001 + len(hello)
        yield frame(second, server, client, 443, port, 5001, at, ACK, answer)
        yield frame(second, server, client, 443, port, 5001 + len(answer), at, ACK | FIN)
        yield frame(second, client, server, port, 443, at, 5002 + len(answer), ACK | RST)


def named(number):
    name = b"host-%d.example" % number
    sni = struct.pack("!HHHBH", 0, len(name) + 5, len(name) + 3, 0, len(name)) + name
    body = b"\x03\x03" + bytes(32) + b"\0" + b"\0\2\xc0\x2f" + b"\1\0" + struct.pack("!H", len(sni)) + sni
    message = b"\1" + struct.pack("!I", len(body))[1:] + body
    return b"\x16\3\1" + struct.pack("!H", len(message)) + message


def syn_flood(i, second):
    yield frame(second, 0x0b000000 + i, 0x0a000001, 1024 + i % 60000, 443, i, 0, SYN)


def idle_flood(i, second):
    yield from connection(second, 0x0b000000 + i, 0x0a000001, 1024 + i % 60000)


def hello_flood(i, second):
    yield from connection(second, 0x0b000000 + i, 0x0a000001 + i % 5000, 1024 + i % 60000, named(i))


def refused_flood(i, second):
    yield from connection(second, 0x0b000000 + i, 0x0a000001 + i % 5000, 1024 + i % 60000, named(i), ALERT)


def hole_flood(i, second):
    client, server, port = 0x0b000000 + i, 0x0a000001, 1024 + i % 60000
    yield from connection(second, client, server, port)
    yield frame(second, client, server, port, 443, 1301, 5001, ACK, bytes(1000))


FLOODS = {  # name: connections, how one is made
    "SYNs of 3 million sources": (3000000, syn_flood),
    "idle connections": (60000, idle_flood),
    "ClientHellos without an answer": (40000, hello_flood),
    "handshakes refused, all of other names": (20000, refused_flood),
    "segments that never complete": (25000, hole_flood),
}


def feed(pipe, count, flood):
    pipe.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 262144, 1))
    start, batch = 1700000000, []
    for i in range(count):
        batch += flood(i, start + i / 10000)
        if i == count // 2:
            batch += connection(start + i / 10000, 0xc0000201, 0xc6336401, 4321, named(0), ALERT)
        if len(batch) > 4096:
            pipe.write(b"".join(batch))
            batch = []
    pipe.write(b"".join(batch))
    pipe.close()


def run(program, count, flood):
    with subprocess.Popen([program, "--json", "--failed", "--memory", f"{MEMORY}M", "-r", "-"],
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        found, flows = [], [None]

        def collect():
            for line in process.stdout:
                record = json.loads(line)
                flows[0] = record.get("flows")    # the last record is the summary
                if record["type"] == "handshake" and record["flow"]["client"]["ip"] == "192.0.2.1":
                    found.append(record["diagnosis"]["code"])

        reader = threading.Thread(target=collect)
        reader.start()
        feed(process.stdin, count, flood)
        reader.join()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        return process.returncode, usage.ru_maxrss // 1024, found, flows[0]


def main():
    program = sys.argv[1]
    with open(program, "rb") as binary:
        sanitized = b"__asan_init" in binary.read()
    passed = failed = 0
    for name, (count, flood) in FLOODS.items():
        if sanitized:
            count //= 20
        elif flood is syn_flood and not os.environ.get("FLOOD_ALL"):
            count //= 20    # the rest of them takes a minute and changes nothing
        status, peak, found, flows = run(program, count, flood)
        for claim, holds in (
                (f"{name}: exit status 0, not {status}", status == 0),
                (f"{name}: the handshake in the middle is told, {found}", len(found) == 1),
                (f"{name}: {count + 1} connections are as many, not {flows}", flows == count + 1),
                (f"{name}: peak {peak} MiB of {MEMORY} MiB", sanitized or peak <= MEMORY + SLACK)):
            passed += holds
            failed += not holds
            if not holds or os.environ.get("V"):
                print(("" if holds else "not so: ") + claim)
    print(f"{passed} passed, {failed} failed")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
