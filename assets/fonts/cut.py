#!/usr/bin/env python3
"""Cuts the bundled fonts from Debian's.

    apt install fonts-droid-fallback fonts-dejavu-core && pip install fonttools
    python3 cut.py

One keeps the characters of GB2312 (the 6763 most used Chinese characters and its signs), without hints and without the
tables that egui does not read; the name table, with copyright and licence, stays as it is.

The other has the pictures of control characters (U+2400 to U+2424), which no small free font has: each is composed of the
letters of its ASCII name, taken from DejaVu Sans Mono, going down from left to right.
"""
import pathlib

from fontTools import subset
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.transformPen import TransformPen
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import TTFont

HERE = pathlib.Path(__file__).parent
SYSTEM = pathlib.Path("/usr/share/fonts/truetype")


def gb2312():
    for row in range(0xA1, 0xF8):
        for cell in range(0xA1, 0xFF):
            try:
                yield ord(bytes((row, cell)).decode("gb2312"))
            except UnicodeDecodeError:
                pass


def cut(source, target, characters):
    options = subset.Options()
    options.hinting = False
    options.name_IDs = ["*"]
    options.name_languages = ["*"]
    options.name_legacy = True
    options.notdef_outline = True
    options.layout_features = []
    options.drop_tables += ["DSIG", "vhea", "vmtx", "GSUB", "GPOS", "GDEF", "kern", "FFTM"]
    font = subset.load_font(SYSTEM / source, options)
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=characters)
    cutter.subset(font)
    font.recalcTimestamp = False  # the same bytes every time
    subset.save_font(font, HERE / target, options)
    print(f"{target}: {(HERE / target).stat().st_size} bytes, {len(font.getBestCmap())} characters")


cut("droid/DroidSansFallbackFull.ttf", "droid-sans-fallback-gb2312.ttf", gb2312())


CONTROLS = (
    "NUL SOH STX ETX EOT ENQ ACK BEL BS HT LF VT FF CR SO SI DLE DC1 DC2 DC3 DC4 NAK SYN ETB CAN EM SUB ESC FS GS RS US"
    " SP DEL"
).split()


def control_pictures(source, target):
    donor = TTFont(SYSTEM / source)
    letters, names, advance = donor.getGlyphSet(), donor.getBestCmap(), donor["hmtx"]["N"][0]
    pictures = {0x2400 + number: name for number, name in enumerate(CONTROLS)} | {0x2424: "NL"}
    glyphs, cmap = {".notdef": TTGlyphPen(None).glyph()}, {}
    for code, word in pictures.items():
        pen, count = TTGlyphPen(None), len(word)
        scale = 0.58 if count == 2 else 0.46
        width, height = advance * scale, 1493 * scale
        for place, letter in enumerate(word):
            along = place / (count - 1)
            x = along * (advance - width)
            y = (1 - along) * (1500 - height) - 60
            letters[names[ord(letter)]].draw(TransformPen(pen, (scale, 0, 0, scale, x, y)))
        glyphs[f"uni{code:04X}"] = pen.glyph()
        cmap[code] = f"uni{code:04X}"
    font = FontBuilder(donor["head"].unitsPerEm)
    font.setupGlyphOrder(list(glyphs))
    font.setupCharacterMap(cmap)
    font.setupGlyf(glyphs)
    font.setupHorizontalMetrics({name: (advance, 0) for name in glyphs})
    font.setupHorizontalHeader(ascent=donor["hhea"].ascent, descent=donor["hhea"].descent)
    font.setupOS2()
    font.setupPost()
    copyright = donor["name"].getDebugName(0)
    font.setupNameTable({"copyright": copyright, "familyName": "Control Pictures", "styleName": "Regular"})
    font.updateHead(created=donor["head"].created, modified=donor["head"].created)
    font.font.recalcTimestamp = False
    font.save(HERE / target)
    print(f"{target}: {(HERE / target).stat().st_size} bytes, {len(cmap)} characters")


control_pictures("dejavu/DejaVuSansMono-Bold.ttf", "control-pictures.ttf")
