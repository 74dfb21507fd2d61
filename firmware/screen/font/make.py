#!/usr/bin/env python3
"""Makes half.bin and full.bin of a unifont.hex: make.py unifont.hex"""

import sys

glyphs = {}
for line in open(sys.argv[1]):
    code, rows = line.strip().split(":")
    glyphs[int(code, 16)] = bytes.fromhex(rows)

# ASCII, Latin, the sign for what is unknown, and GB 2312.
wanted = {*range(0x20, 0x7F), *range(0xA0, 0x180), 0xFFFD}
for high in range(0xA1, 0xF8):
    for low in range(0xA1, 0xFF):
        try:
            wanted.add(ord(bytes([high, low]).decode("gb2312")))
        except UnicodeDecodeError:
            pass

tables = {8: bytearray(), 16: bytearray()}
for code in sorted(wanted & glyphs.keys()):
    rows = glyphs[code]
    width = len(rows) // 2
    table = tables[width]
    table += code.to_bytes(2, "little")
    lit = lambda x, y: rows[y * width // 8 + x // 8] >> (7 - x % 8) & 1
    for top in (0, 8):
        table += bytes(sum(lit(x, top + y) << y for y in range(8)) for x in range(width))

open("half.bin", "wb").write(tables[8])
open("full.bin", "wb").write(tables[16])
