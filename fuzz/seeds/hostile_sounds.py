"""Generates small files of testdata/fuzz/decode that need much memory for tables, or much time for empty packets.

    python fuzz/seeds/hostile_sounds.py      run fuzz/seeds/sounds first: this script reads one of its files
"""

import struct
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[2] / "testdata" / "fuzz" / "decode"


class Bits:
    """Numbers of any width, lowest bit first, as in Vorbis."""

    def __init__(self):
        self.value = self.count = 0

    def put(self, number, width):
        self.value |= number << self.count
        self.count += width

    def bytes(self):
        return self.value.to_bytes((self.count + 7) // 8, "little")


def element(name, content):
    """A Matroska element, with its length in eight bytes."""
    return bytes.fromhex(name) + (1 << 56 | len(content)).to_bytes(8, "big") + content


def vorbis_tables():
    """256 code books of a few bytes each. Each one describes 131,072 vectors of 32 numbers: 4 GiB in all."""
    books = Bits()
    books.put(255, 8)
    for _ in range(256):
        for number, width in ((0x564342, 24), (32, 16), (1 << 17, 24), (1, 1), (16, 5), (1 << 17, 18), (1, 4), (0, 32),
                              (0, 32), (0, 4), (0, 1), (0, 1)):
            books.put(number, width)
    ident = b"\x01vorbis" + struct.pack("<IBIiiiBB", 0, 1, 8000, 0, 0, 0, 0xB8, 1)
    setup = b"\x05vorbis" + books.bytes()
    private = bytes([1, len(ident)]) + ident + setup
    track = element("D7", b"\1") + element("73C5", b"\1") + element("83", b"\2") + element("86", b"A_VORBIS")
    track += element("63A2", private) + element("E1", element("B5", struct.pack(">d", 8000)) + element("9F", b"\1"))
    cluster = element("E7", b"\0") + element("A3", b"\x81\0\0\x80" + bytes(16))
    head = element("42F7", b"\1") + element("4282", b"matroska") + element("4287", b"\4") + element("4285", b"\2")
    facts = element("2AD7B1", (10**6).to_bytes(3, "big")) + element("4D80", b"x") + element("5741", b"x")
    segment = element("1549A966", facts) + element("1654AE6B", element("AE", track))
    return element("1A45DFA3", head) + element("18538067", segment + element("1F43B675", cluster))


def atom(name, content):
    return struct.pack(">I", 8 + len(content)) + name + content


def atoms(data):
    at = 0
    while at < len(data):
        size, = struct.unpack_from(">I", data, at)
        yield data[at + 4 : at + 8], data[at + 8 : at + size]
        at += size


def empty_packets():
    """A second track with 4,294,967,295 samples of 0 bytes, before the fragments of the first track."""
    out = b""
    fragment = atom(b"mfhd", bytes(8)) + atom(b"traf", atom(b"tfhd", struct.pack(">IIII", 0x020018, 2, 0, 0))
                                              + atom(b"trun", struct.pack(">II", 0, 0xFFFFFFFF)))
    done = False
    for name, content in atoms((FOLDER / "fragments.mp4").read_bytes()):
        if name == b"moov":
            parts = list(atoms(content))
            track = b"".join(atom(n, c[:12] + struct.pack(">I", 2) + c[16:] if n == b"tkhd" else c)
                             for n, c in atoms(dict(parts)[b"trak"]))
            mvex = dict(parts)[b"mvex"]
            trex = dict(atoms(mvex))[b"trex"]
            mvex += atom(b"trex", trex[:4] + struct.pack(">I", 2) + trex[8:])
            content = b"".join((atom(n, mvex) if n == b"mvex" else atom(n, c))
                               + (atom(b"trak", track) if n == b"trak" else b"")
                               for n, c in parts)
        if name == b"moof" and not done:
            out, done = out + atom(b"moof", fragment), True
        out += atom(name, content)
    return out


(FOLDER / "vorbis-tables.mka").write_bytes(vorbis_tables())
(FOLDER / "empty-packets.mp4").write_bytes(empty_packets())
