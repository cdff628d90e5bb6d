"""Ways to damage a model file, at random or on purpose; most make its checksum right again."""

import hashlib
import json
import re

import numpy as np

from chainrule.export import ModelFileError, tensors
from chainrule.export.architecture import module_from_dict
from chainrule.export.graph_rows import DTYPES, ROWS


def split(raw):
    """The outer header and the data of a file."""
    end = 8 + int.from_bytes(raw[:8], "little")
    return json.loads(raw[8:end]), raw[end:]


def joined(header, data, seal=True):
    """A file of a header (a text, or what JSON holds); its checksum is made right."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    if seal and isinstance(header, dict):
        words = header.get("__metadata__")
        if isinstance(words, dict):
            text = json.dumps({**header, "__metadata__": {**words, "sha256": "0" * 64}}).encode()
            digest = hashlib.sha256(text + data).hexdigest().encode()
            text = text.replace(b"0" * 64, digest, 1)
    return len(text).to_bytes(8, "little") + text + data


def flipped(rng, raw, most=8):
    """Some bits the other way round."""
    raw = bytearray(raw)
    for _ in range(rng.integers(1, most)):
        if raw:
            raw[rng.integers(len(raw))] ^= 1 << rng.integers(8)
    return bytes(raw)


def torn(rng, raw):
    """Cut off, or with a piece missing, doubled, zeroed or added."""
    start, stop = sorted(rng.integers(0, len(raw) + 1, 2).tolist())
    ways = [
        raw[:start],
        raw[start:],
        raw[:start] + raw[stop:],
        raw[:stop] + raw[start:],
        raw[:start] + bytes(stop - start) + raw[stop:],
        raw + rng.bytes(rng.integers(1, 100)),
        rng.bytes(rng.integers(0, 200)),
    ]
    return ways[rng.integers(len(ways))]


def wrong_length(rng, raw):
    """A lie about the length of the header."""
    lies = [0, 1, 2, len(raw), len(raw) - 8, len(raw) - 9, 2**25, 2**31, 2**63, 2**64 - 1]
    right = int.from_bytes(raw[:8], "little")
    lies += [right + int(d) for d in (-8, -1, 1, 8)]
    return lies[rng.integers(len(lies))].to_bytes(8, "little") + raw[8:]


def outer(rng, raw):
    """Another table of arrays, the checksum right."""
    header, data = split(raw)
    return joined(edited(rng, header), data)


def inner(rng, raw):
    """Another architecture, the checksum right."""
    header, data = split(raw)
    words = header["__metadata__"]
    tree = json.loads(words["chainrule"])
    for _ in range(rng.integers(1, 4)):
        tree = edited(rng, tree)
    words["chainrule"] = json.dumps(tree)
    return joined(header, data)


def repaired(rng, raw):
    """Another graph, its types made to fit again: what only the checks of parameters can refuse."""
    header, data = split(raw)
    words = header["__metadata__"]
    tree = json.loads(words["chainrule"])
    held = tree.get("module", {}).get("settings", {}).get("graph")
    if held is None:
        return inner(rng, raw)
    graph = held["graphs"][rng.integers(len(held["graphs"]))]
    node = graph["nodes"][rng.integers(len(graph["nodes"]))]
    edit_node(rng, node, len(graph["nodes"]))
    arrays = {name: array(entry, data) for name, entry in header.items() if name[0] != "_"}
    for _ in range(40):
        try:
            module_from_dict(tree, arrays)
            break
        except ModelFileError as error:
            found = re.search(r"graph (\d+), node (\d+): \w+ gives (.*), not", str(error))
            if found is None:
                break
            kind = found[3].strip("'")
            wrong = held["graphs"][int(found[1])]["nodes"][int(found[2])]
            wrong["type"] = re.findall(r"\w+\[[\d,]*\]", kind) if kind[0] == "[" else kind
    words["chainrule"] = json.dumps(tree)
    return joined(header, data)


def edit_node(rng, node, count):
    """Another operand, operation or parameter."""
    keys = [key for key in node if key != "type"]
    key = keys[rng.integers(len(keys))]
    value = node[key]
    if key == "op":
        node[key] = list(ROWS)[rng.integers(len(ROWS))]
    elif key == "inputs":
        value[rng.integers(len(value))] = int(rng.integers(count))
    elif isinstance(value, list) and value:
        way = rng.integers(4)
        place = rng.integers(len(value))
        if way == 0:
            value.append(int(rng.integers(5)))
        elif way == 1:
            value.pop(place)
        elif isinstance(value[place], int):
            value[place] = max(0, value[place] + int(rng.integers(-3, 6)))
    elif isinstance(value, bool):
        node[key] = not value
    elif isinstance(value, int):
        node[key] = max(0, value + int(rng.integers(-3, 6)))
    elif key == "dtype":
        node[key] = list(DTYPES)[rng.integers(len(DTYPES))]
    elif key == "spec":
        letters = list(value)
        letters[rng.integers(len(letters))] = "abc,"[rng.integers(4)]
        node[key] = "".join(letters)


def array(entry, data):
    """An array of a file, as its table says."""
    start, stop = entry["data_offsets"]
    dtype = tensors.DTYPES[entry["dtype"]]
    return np.frombuffer(data[start:stop], dtype).reshape(entry["shape"])


def inner_text(rng, raw):
    """The architecture's text damaged, doubled in part or nested, the checksum right."""
    header, data = split(raw)
    words = header["__metadata__"]
    text = words["chainrule"]
    start, stop = sorted(rng.integers(0, len(text), 2).tolist())
    stop = min(stop, start + 60)
    depth = int(rng.integers(1, 3000))
    ways = [
        text[:start] + chr(rng.integers(32, 127)) + text[start + 1 :],
        text[:stop] + text[start:],
        text[:start] + text[stop:],
        text[:start] + "[" * depth + "]" * depth + text[start:],
        text[:start] + '{"a":' * depth + "1" + "}" * depth + text[start:],
        text.replace('"kind"', '"kind":1,"kind"', 1),
        text.replace("null", "NaN"),
        text[:start] + str(10 ** int(rng.integers(1, 400))) + text[start:],
        text[:start] + "\\ud800" + text[start:],
    ]
    words["chainrule"] = ways[rng.integers(len(ways))]
    return joined(header, data)


def numbers(rng, raw):
    """Other numbers in the arrays, the checksum right."""
    header, data = split(raw)
    return joined(header, flipped(rng, data, 40))


ODD = [None, True, -1, 0, 1, 3, 7, 2**31, 2**40, 2**63, 10**30, 0.5, -1e308, 1e999, "", "nan"]
ODD += ["x" * 5000, "0.weight", "c0", "f32[3]", "f32[99999999,99999999]", "tanh", "gather", [], {}]
ODD += [[0], [1, 1], [2**62, 2**62], [-1, 5], ["f32[4]"], {"same_as": ""}, {"tuple": []}]
ODD += [{"$float": "nan"}, {"$float": 3}, [[[[[[]]]]]], {"a": {"b": {"c": {}}}}]


def places(tree):
    """Every list or dict inside, with each of its keys."""
    found, pending = [], [tree]
    while pending:
        whole = pending.pop()
        keys = list(whole) if isinstance(whole, dict) else list(range(len(whole)))
        found += [(whole, key) for key in keys]
        pending += [whole[key] for key in keys if isinstance(whole[key], dict | list)]
    return found


def edited(rng, tree):
    """One value replaced, moved by a little, removed, or exchanged for another one of the tree."""
    tree = json.loads(json.dumps(tree))
    every = places(tree)
    if not every:
        return tree
    whole, key = every[rng.integers(len(every))]
    other, name = every[rng.integers(len(every))]
    way = rng.integers(6)
    if way == 0:
        whole[key] = json.loads(json.dumps(ODD[rng.integers(len(ODD))]))
    elif way == 1:
        del whole[key]
    elif way == 2:
        whole[key] = json.loads(json.dumps(other[name]))
    elif way == 3 and isinstance(whole, dict):
        whole[str(name)] = whole.pop(key)
    elif isinstance(whole[key], int) and not isinstance(whole[key], bool):
        whole[key] += int(rng.integers(-3, 4))
    elif isinstance(whole[key], str) and len(whole[key]) < 40:
        same = [w[k] for w, k in every if isinstance(w[k], str)]
        whole[key] = same[rng.integers(len(same))]
    return tree


KINDS = [flipped, torn, wrong_length, outer, inner, inner, repaired, repaired, repaired]
KINDS += [inner_text, numbers]
