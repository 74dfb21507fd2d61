#!/usr/bin/env python3
"""Cuts the bundled fonts from public ones.

    apt install fonts-droid-fallback fonts-dejavu-core fonts-noto-cjk && pip install fonttools brotli
    npm pack @fontsource/noto-emoji && tar xf fontsource-noto-emoji-*.tgz
    python3 cut.py PATH/TO/epaint_default_fonts/fonts PATH/TO/package/files

mainland-punctuation.ttc  the quotes, dash and ellipsis of Chinese prose, an em wide; egui's own are Latin
droid-sans-fallback.ttc   everything in Droid Sans Fallback: the Chinese characters of the BMP (CJK Unified Ideographs, Extension A)
                          in the mainland's forms, kana, hangul, fullwidth forms
noto-sans-sc.ttc          what GB18030 has beyond those and egui's own fonts: radicals, circled numbers, Extension B and later
noto-emoji.ttc            Noto Emoji, one colour, with its sequences
control-pictures.ttc      the pictures of control characters (U+2400 to U+2424), which no small free font has: each is composed of
                          the letters of its ASCII name, taken from DejaVu Sans Mono, going down from left to right

All without hints and without the tables that egui does not read; the name table, with copyright and licence, stays as it is.

egui centres a fallback face on the row by its ascent and descent, so faces of different metrics stand on different baselines. Each file
is therefore a collection of two faces that share their outlines and differ in those numbers: face 0 stands on the baseline of
Ubuntu (prose), face 1 on that of Hack (the log).
"""
import copy
import io
import pathlib
import sys

from fontTools import subset
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.transformPen import TransformPen
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import TTCollection, TTFont

HERE = pathlib.Path(__file__).parent
SHARE = pathlib.Path("/usr/share")
EGUI, EMOJI = map(pathlib.Path, sys.argv[1:3])
ROWS = [TTFont(EGUI / "Ubuntu-Light.ttf"), TTFont(EGUI / "Hack-Regular.ttf")]


def cut(font, characters, features=()):
    """Keeps these characters."""
    options = subset.Options()
    options.hinting = False
    options.name_IDs = ["*"]
    options.name_languages = ["*"]
    options.name_legacy = True
    options.notdef_outline = True
    options.glyph_names = False
    options.layout_features = list(features)
    options.drop_tables += ["DSIG", "vhea", "vmtx", "GPOS", "GDEF", "BASE", "VORG", "kern", "FFTM", "STAT", "gasp"]
    if not features:
        options.drop_tables += ["GSUB"]
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=characters)
    cutter.subset(font)
    return font


def on_the_baseline_of(font, row):
    """A copy of the font which egui draws on the baseline of this one."""
    file = io.BytesIO()
    font.save(file)
    file.seek(0)
    font = TTFont(file, recalcTimestamp=False)
    head, scale = row["hhea"], font["head"].unitsPerEm / row["head"].unitsPerEm
    ascent, descent = round(head.ascent * scale), round(head.descent * scale)
    # The baseline lies at half of this below the middle of the row, in both.
    gap = ascent + descent - round((head.ascent + head.descent - head.lineGap) * scale)
    hhea = font["hhea"]
    hhea.ascent, hhea.descent, hhea.lineGap = ascent, descent, gap
    os2 = font["OS/2"]
    os2.sTypoAscender, os2.sTypoDescender, os2.sTypoLineGap = ascent, descent, gap
    os2.usWinAscent, os2.usWinDescent = ascent, -descent
    return font


def save(font, target):
    font.recalcTimestamp = False  # the same bytes every time
    both = TTCollection()
    both.fonts = [on_the_baseline_of(font, row) for row in ROWS]
    both.save(HERE / target, shareTables=True)
    print(f"{target}: {(HERE / target).stat().st_size} bytes, {len(font.getBestCmap())} characters")
    return set(font.getBestCmap())


def join(font, other):
    """Adds what another font of the same size has beyond this one."""
    known = set(font.getBestCmap())
    assert font["head"].unitsPerEm == other["head"].unitsPerEm
    glyphs, metrics, theirs = font["glyf"], font["hmtx"], other["glyf"]
    order, names = list(font.getGlyphOrder()), {}

    def take(name):
        if name not in names:
            new = names[name] = f"other.{name}"
            glyph = copy.deepcopy(theirs[name])
            glyph.expand(theirs)
            if glyph.isComposite():
                for part in glyph.components:
                    part.glyphName = take(part.glyphName)
            order.append(new)
            glyphs.glyphs[new] = glyph
            metrics.metrics[new] = other["hmtx"][name]
        return names[name]

    for table in font["cmap"].tables:
        if table.isUnicode():
            for code, name in other.getBestCmap().items():
                if code not in known and (code < 0x10000 or table.format >= 12):
                    table.cmap[code] = take(name)
    font.setGlyphOrder(order)
    glyphs.glyphOrder = order
    font["maxp"].numGlyphs = len(order)


# What both of egui's fonts have is never looked up in ours.
egui = set(ROWS[0].getBestCmap()) & set(ROWS[1].getBestCmap())

han = TTFont(SHARE / "fonts/truetype/droid/DroidSansFallbackFull.ttf")
hangul = TTFont(SHARE / "fonts-droid-fallback/truetype/DroidSansFallback.ttf")
beyond = set(hangul.getBestCmap()) - set(han.getBestCmap())
cut(han, set(han.getBestCmap()) - egui)
cut(hangul, beyond - egui)
join(han, hangul)
droid = save(han, "droid-sans-fallback.ttc")

# With the sequences: families, flags, tones of skin.
font = TTFont(EMOJI / "noto-emoji-emoji-400-normal.woff2")
font.flavor = None
emoji = save(cut(font, set(font.getBestCmap()) - set(range(0x7F)) | set(b"#*0123456789"), ["*"]), "noto-emoji.ttc")


def noto():
    fonts = TTCollection(SHARE / "fonts/opentype/noto/NotoSansCJK-Regular.ttc").fonts
    return next(font for font in fonts if font["name"].getDebugName(4) == "Noto Sans CJK SC")


font = noto()
save(cut(font, set(font.getBestCmap()) - egui - droid - emoji), "noto-sans-sc.ttc")
save(cut(noto(), map(ord, "“”—…")), "mainland-punctuation.ttc")


CONTROLS = (
    "NUL SOH STX ETX EOT ENQ ACK BEL BS HT LF VT FF CR SO SI DLE DC1 DC2 DC3 DC4 NAK SYN ETB CAN EM SUB ESC FS GS RS US"
    " SP DEL"
).split()


def control_pictures(source, target):
    donor = TTFont(SHARE / "fonts/truetype" / source)
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
    save(font.font, target)


control_pictures("dejavu/DejaVuSansMono-Bold.ttf", "control-pictures.ttc")
