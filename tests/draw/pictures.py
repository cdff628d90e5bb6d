"""What holds for every picture: it is XML, and nothing in it is cut off."""

import xml.etree.ElementTree as ElementTree

from chainrule.draw.svg import text_width

SVG = "{http://www.w3.org/2000/svg}"


def elements(picture, name):
    return list(ElementTree.fromstring(str(picture)).iter(SVG + name))


def texts(picture):
    return ["".join(e.itertext()) for e in elements(picture, "text")]


def check(picture):
    """Texts and boxes lie within the picture."""
    for e in elements(picture, "text"):
        x, y, size = (float(e.get(k)) for k in ("x", "y", "font-size"))
        width = 0.8 * text_width("".join(e.itertext()), size)  # it is on the safe side
        room = picture.width
        if e.get("transform", "").startswith("rotate(-90"):
            x, y, room = picture.height - y, x + size, picture.height
        share = {"middle": 0.5, "end": 1.0}.get(e.get("text-anchor"), 0.0)
        assert x - share * width >= -1 and x + (1 - share) * width <= room + 1, e.attrib
        assert y - 0.5 * size > 0 and y <= picture.height, e.attrib
    for e in elements(picture, "rect"):
        x, y, width, height = (float(e.get(k)) for k in ("x", "y", "width", "height"))
        assert x >= -1 and x + width <= picture.width + 4, e.attrib
        assert y >= -1 and y + height <= picture.height + 4, e.attrib
    return picture
