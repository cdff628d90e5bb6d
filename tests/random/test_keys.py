"""Keys and bits: known answers, independence of the order of drawing, errors that teach."""

import threading

import numpy as np
import pytest

import chainrule as cr
from chainrule import random
from chainrule.engine.primitives.random import threefry2x32


# Known answers of Threefry-2x32 with 20 rounds (Salmon et al. 2011, Random123).
@pytest.mark.parametrize(
    ("key", "counter", "wanted"),
    [
        ((0, 0), (0, 0), (0x6B200159, 0x99BA4EFE)),
        ((0xFFFFFFFF,) * 2, (0xFFFFFFFF,) * 2, (0x1CB996FC, 0xBB002BE7)),
        ((0x13198A2E, 0x03707344), (0x243F6A88, 0x85A308D3), (0xC4923A9C, 0x483DF7A0)),
    ],
)
@pytest.mark.parametrize("count", [1, 30])
def test_threefry_known_answers(key, counter, wanted, count):
    first, second = [np.full(count, word, np.uint32) for word in counter]
    words = threefry2x32(np.array(key, np.uint32), first, second)
    np.testing.assert_array_equal(words, np.outer(wanted, np.ones(count)))


def test_the_first_numbers_never_change():
    key = random.key(0)
    np.testing.assert_array_equal(key, [0, 0])
    np.testing.assert_array_equal(random.key(2**32 + 5), [1, 5])
    np.testing.assert_array_equal(
        random.split(key), [[1797259609, 2579123966], [928981903, 3453687069]]
    )
    np.testing.assert_array_equal(random.bits(key, (2,)), [4070199207, 4202968722])
    np.testing.assert_array_equal(random.bits(key, (), np.uint64), 0x6B20015999BA4EFE)
    np.testing.assert_array_equal(random.bits(key, (), np.uint8), 4070199207 % 256)


def test_few_and_many_numbers_begin_alike():
    key = random.key(11)
    many = random.bits(key, (40_000,))
    for count in (1, 3, 8, 9, 100, 20_000):
        np.testing.assert_array_equal(random.bits(key, (count,)), many[:count])
    np.testing.assert_array_equal(random.bits(key, (200, 200)).ravel(), many)
    wide = random.bits(key, (100,), np.uint64)
    np.testing.assert_array_equal(
        (wide >> 32).astype(np.uint32) ^ wide.astype(np.uint32), many[:100]
    )


def test_split_and_fold_in():
    key = random.key(3)
    first, second = random.split(key)
    np.testing.assert_array_equal(random.fold_in(key, 0), first)
    np.testing.assert_array_equal(random.fold_in(key, 1), second)
    many = random.split(key, 1000)
    assert len(np.unique(many, axis=0)) == 1000
    np.testing.assert_array_equal(random.split(key, (4, 250)).reshape(1000, 2), many)


@pytest.mark.parametrize("shape", [(), (3,), (2, 40)])
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "uint32", "uint64"])
def test_bits_under_transformations(shape, dtype):
    keys = random.split(random.key(5), 4)
    one_by_one = np.stack([random.bits(key, shape, dtype) for key in keys])
    assert one_by_one.dtype == dtype

    def draw(key):
        return random.bits(key, shape, dtype)

    np.testing.assert_array_equal(cr.vmap(draw)(keys), one_by_one)
    np.testing.assert_array_equal(cr.jit(draw)(keys[0]), one_by_one[0])
    twice = cr.vmap(cr.vmap(draw))(keys.reshape(2, 2, 2))
    np.testing.assert_array_equal(twice.reshape(one_by_one.shape), one_by_one)
    scanned = cr.lax.scan(lambda carry, key: (carry, draw(key)), 0, keys)[1]
    np.testing.assert_array_equal(scanned, one_by_one)


def test_keys_under_transformations():
    keys = random.split(random.key(5), 4)
    steps = np.arange(4)
    folded = np.stack([random.fold_in(key, step) for key, step in zip(keys, steps, strict=True)])
    np.testing.assert_array_equal(cr.vmap(random.fold_in)(keys, steps), folded)
    np.testing.assert_array_equal(cr.jit(random.fold_in)(keys[2], 2), folded[2])
    seeds = np.stack([random.key(i) for i in range(4)])
    np.testing.assert_array_equal(cr.vmap(random.PRNGKey)(steps), seeds)

    def chain(key, _):
        key, part = random.split(key)
        return key, random.bits(part)

    key, drawn = random.key(0), []
    for _ in range(5):
        key, number = chain(key, None)
        drawn.append(number)
    last, scanned = cr.lax.scan(chain, random.key(0), None, length=5)
    np.testing.assert_array_equal(scanned, drawn)
    np.testing.assert_array_equal(last, key)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: random.normal(0), r"is a key, uint32\[2\], got 0.*chainrule.random.key"),
        (lambda: random.normal((2, 3)), r"got int64\[2\]"),
        (lambda: random.uniform(random.split(random.key(0), 5)), "several keys.*chainrule.vmap"),
        (lambda: random.key(1.5), "a seed is one integer, got 1.5"),
        (lambda: random.fold_in(random.key(0), 0.5), "data is an integer"),
        (lambda: random.uniform(random.key(0), dtype=int), "float16, float32 or float64"),
        (lambda: random.bits(random.key(0), dtype=int), "unsigned"),
    ],
)
def test_errors_say_what_to_do(call, message):
    with pytest.raises(TypeError, match=message):
        call()


def test_the_default_stream_restarts_and_does_not_repeat():
    random.seed(4)
    first = [random.default_key().tolist() for _ in range(5)]
    random.seed(4)
    assert [random.default_key().tolist() for _ in range(5)] == first
    assert len({tuple(key) for key in first}) == 5
    random.seed(5)
    assert random.default_key().tolist() not in first
    random.seed(0)


def test_threads_never_get_the_same_default_key():
    found = []

    def take():
        for _ in range(200):
            found.append(tuple(random.default_key().tolist()))

    threads = [threading.Thread(target=take) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(found)) == 800
    random.seed(0)


def test_results_can_be_indexed_by_tensors():
    table = random.normal(random.key(0), (5,))
    assert cr.jit(lambda i: table[i])(3) == table[3]
