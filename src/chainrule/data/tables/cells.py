"""Words of a text file as numbers, truth or dates, where the whole column is of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ...extras import require
from ..errors import DataError, listed
from .values import WORDS, first

if TYPE_CHECKING:
    import polars

Place = Callable[[int], dict[str, Any]]

MISSING = ("", "NA", "N/A", "n/a", "#N/A", "NaN", "nan", "NAN", "NULL", "null", "None", "?")
DATES = (
    "%Y-%m-%d",
    "%Y/%m/%d",
    "%d.%m.%Y",
    "%d/%m/%Y",
    "%m/%d/%Y",
    "%Y-%m-%d %H:%M:%S%.f",
    "%Y-%m-%dT%H:%M:%S%.f",
    "%Y-%m-%dT%H:%M:%S%.f%#z",
    "%Y-%m-%d %H:%M",
    "%Y-%m-%dT%H:%M",
    "%d.%m.%Y %H:%M:%S",
    "%d.%m.%Y %H:%M",
    "%d/%m/%Y %H:%M:%S",
    "%d/%m/%Y %H:%M",
    "%m/%d/%Y %H:%M:%S",
    "%m/%d/%Y %H:%M",
)
LIKE_DATE = r"^(\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{4})([ T]|$)"
MOSTLY = 0.8  # a column of which so large a part is numbers is one of numbers, with mistakes
FEW_WORDS = 3  # or the larger half, if no more than so many different words are the rest
GROUPS = r"^[+-]?\d{1,3}([,.' \u00a0\u202f]\d{3})+([.,]\d+)?$"  # 1,234,567 or 1.234,5
WITH_SIGN = r"^[$€£<>~]\s*[+-]?\d[\d.,]*$|^[+-]?\d[\d.,]*\s*[%$€£]$"
COMMA = r"^[+-]?(\d+,(\d{1,2}|\d{4,})|0+,\d+|\d{4,},\d+|,\d+)$"  # can only be a decimal comma
INFINITE = ("inf", "infinity")
EXACT = 2**53  # larger whole numbers have no place in a float


@dataclass(frozen=True)
class Reader:
    """How the words of a column are read: as int, float, truth, text, or dates of a form."""

    kind: str
    form: str = ""

    def read(self, words: polars.Series) -> tuple[polars.Series, polars.Series]:
        """The values, and which words are not of this kind; missing ones are null already."""
        pl = require("polars", "tables")
        values = getattr(self, f"_{self.kind}")(pl, words)
        return values, values.is_null() & words.is_not_null()

    def _text(self, pl: Any, words: polars.Series) -> polars.Series:
        return words

    def _int(self, pl: Any, words: polars.Series) -> polars.Series:
        return words.cast(pl.Int64, strict=False)

    def _float(self, pl: Any, words: polars.Series) -> polars.Series:
        if self.form == ",":
            words = words.str.replace(",", ".", literal=True).zip_with(
                ~words.str.contains(".", literal=True).fill_null(False),
                pl.Series([None], dtype=pl.String),
            )
        values = words.cast(pl.Float64, strict=False)
        finite = values.is_finite().fill_null(False)
        if finite.all():
            return values
        return values.zip_with(finite, pl.Series([None], dtype=pl.Float64))

    def _truth(self, pl: Any, words: polars.Series) -> polars.Series:
        plain = words.str.to_lowercase()
        is_true = plain == "true"
        known = (is_true | (plain == "false")).fill_null(False)
        return is_true.zip_with(known, pl.Series([None], dtype=pl.Boolean))

    def _date(self, pl: Any, words: polars.Series) -> polars.Series:
        if "%H" in self.form or "%I" in self.form:
            return words.str.to_datetime(self.form, strict=False, time_unit="us")
        return words.str.to_date(self.form, strict=False)


def cleaned(words: polars.Series, missing: Sequence[str]) -> polars.Series:
    """Words without spaces around them, null where they are marks of missing values."""
    pl = require("polars", "tables")
    words = words.str.strip_chars()
    marks = words.is_in(list(missing)).fill_null(True)
    if "" not in missing:
        return words.zip_with(~marks | words.is_null(), pl.Series([None], dtype=pl.String))
    return words.zip_with(~marks, pl.Series([None], dtype=pl.String)) if marks.any() else words


def reader_for(
    words: polars.Series,
    place: Place,
    kind: str | None = None,
    decimal: str | None = None,
    comma: bool = False,
) -> Reader:
    """How to read a column of cleaned words, as they suggest or as ``kind`` demands.

    ``comma`` says that other columns of the file have decimal commas. Raises ``DataError`` at the
    first word that does not fit where nearly all others are of a kind.
    """
    if kind == "number":
        return _number(words, place, decimal, comma, asked=True)
    if kind is not None and (kind == "date" or "%" in kind):
        return _date(words, place, kind if "%" in kind else None, asked=True)
    if kind == "category":
        return Reader("text")
    if words.null_count() == len(words):
        return Reader("float", decimal or ".")
    truth = _truth(words, place)
    if truth or kind == "boolean":
        return truth or Reader("text")
    return (
        _number(words, place, decimal, comma)
        or _date(words, place, None, asked=False)
        or Reader("text")
    )


def uses_comma(words: polars.Series) -> bool:
    """Whether these are numbers, and one of them can only have a decimal comma."""
    return bool(
        words.str.contains(COMMA).any()
        and words.drop_nulls().str.contains(r"^[+-]?[\d]*,?\d*([eE][+-]?\d+)?$").all()
    )


def _truth(words: polars.Series, place: Place) -> Reader | None:
    known = {word for pair in WORDS for word in pair}
    # Few words: most columns are left after a look at their beginning.
    for some in (words.drop_nulls().head(100), words.drop_nulls()):
        found = set(some.str.to_lowercase().unique().to_list())
        if not found <= known | {"0", "1"} or max(map(len, found)) == 1:
            return None
    if found <= {"false", "true"}:
        return Reader("truth")
    pairs = [pair for pair in (*WORDS, ("0", "1")) if found & set(pair)]
    if len(pairs) < 2:
        return None
    odd = first(words.str.to_lowercase().is_in(pairs[-1]).fill_null(False))
    raise DataError(
        f"truth is written in several ways here: {listed(sorted(found))}",
        column=words.name,
        value=words[odd],
        fix=f"write it in one way, or keep the words: types={{{words.name!r}: 'category'}}",
        **place(odd),
    )


def _number(
    words: polars.Series, place: Place, decimal: str | None, comma: bool, asked: bool = False
) -> Reader | None:
    """Whole numbers, or numbers with a point or a comma; None where it is a column of words."""
    readers = [Reader("int")]
    readers += [Reader("float", sign) for sign in ".," if decimal in (None, sign)]
    best, fewest = readers[0], None
    for reader in readers:
        values, wrong = reader.read(words)
        if not wrong.any():
            if not asked and has_codes(words):
                return None
            if reader.kind == "float":
                if decimal is None:
                    _refuse_ambiguous(words, reader.form, comma, place)
                _refuse_inexact(words, values, place, asked)
            return reader
        if fewest is None or wrong.sum() <= fewest.sum():
            best, fewest = reader, wrong
    if asked or _is_mostly_numbers(words, fewest):
        raise _no_number(words, first(fewest), best, place)
    return None


def has_codes(words: polars.Series) -> bool:
    """Whether there are words such as "007", which as a number would lose its zeros."""
    zeros = words.filter(words.str.starts_with("0"))
    return bool(zeros.str.contains(r"^0\d").any())


def _is_mostly_numbers(words: polars.Series, wrong: polars.Series) -> bool:
    others = words.filter(wrong)
    if others.str.to_lowercase().str.strip_chars("+-").is_in(INFINITE).any():
        return True
    like = others.str.contains(GROUPS) | others.str.contains(WITH_SIGN)
    total = len(words) - words.null_count()
    right = total - len(others) + int(like.sum())
    few = others.n_unique() <= FEW_WORDS
    return right >= MOSTLY * total or (few and right > total / 2)


def _no_number(words: polars.Series, at: int, reader: Reader, place: Place) -> DataError:
    word, name = words[at], words.name
    what = "this is no number, as nearly all others in the column are"
    fix = (
        f"correct it; if it means that the value is missing, add it to missing=; "
        f"if these are words, types={{{name!r}: 'category'}}"
    )
    if word.lower().strip("+-") in INFINITE:
        what, fix = "this is not finite", "correct it, or leave it empty if it is not known"
    elif _matches(word, r"^[+-]?\d*\.?\d+[eE][+-]?\d+$"):
        what, fix = "this is larger than any number that can be kept", "correct it"
    elif _matches(word, GROUPS):
        what = "this has thousands separators"
        fix = "write it without: 1234567.8"
    elif _matches(word, WITH_SIGN):
        what, fix = "this is a number with a sign", "write the number alone"
    elif reader.form == "," and "." in word:
        what = "this has a decimal point, others in the column a comma"
        fix = "write all in one way"
    elif "," in word and _matches(word, r"^[+-]?\d*,\d+$"):
        what = "this has a decimal comma, others in the column a point"
        fix = "write all in one way; if all have commas, decimal=','"
    elif at == 0 and len(words) > 1:
        fix = f"if the first row holds names use header=True; else {fix}"
    return DataError(what, column=name, value=word, fix=fix, **place(at))


def _matches(word: str, pattern: str) -> bool:
    return re.match(pattern, word) is not None


def _refuse_ambiguous(words: polars.Series, sign: str, comma: bool, place: Place) -> None:
    """An error where every number with this sign could as well have thousands separators."""
    if sign == "." and not comma:
        return
    signed = words.str.contains(sign, literal=True).fill_null(False)
    if sign == "," and (comma or not signed.any()):
        return
    if signed.any() and words.filter(signed).str.contains(GROUPS).all():
        other = "." if sign == "," else ","
        raise DataError(
            f"this can be read with a decimal {sign!r} or with a thousands separator",
            column=words.name,
            value=words[first(signed)],
            fix=f"say decimal={sign!r}; or decimal={other!r}, and remove the separators",
            **place(first(signed)),
        )


def _too_large(words: polars.Series, values: polars.Series) -> polars.Series | None:
    """Which whole numbers have more digits than a float keeps, if there are any."""
    if (values.abs().max() or 0) <= EXACT:
        return None
    large = (values.abs() > EXACT) & words.str.contains(r"^[+-]?\d+$")
    return large.fill_null(False) if large.any() else None


def is_exact(words: polars.Series, values: polars.Series) -> bool:
    """Whether whole numbers among floats keep all their digits."""
    return _too_large(words, values) is None


def _refuse_inexact(words: polars.Series, values: polars.Series, place: Place, asked: bool) -> None:
    large = None if asked else _too_large(words, values)
    if large is not None:
        raise DataError(
            "a whole number with so many digits cannot be kept exactly",
            column=words.name,
            value=words[first(large)],
            fix=f"if it names something, types={{{words.name!r}: 'category'}} (or 'ignore'); "
            "if it is a quantity, 'number'",
            **place(first(large)),
        )


def _date(words: polars.Series, place: Place, form: str | None, asked: bool) -> Reader | None:
    """The one form in which all words are dates; None where they are no dates."""
    if not asked:
        some = words.drop_nulls().head(100)
        if some.str.contains(LIKE_DATE).sum() < MOSTLY * len(some):
            return None
    readers = [Reader("date", form) for form in ([form] if form else DATES)]
    wrongs = [reader.read(words)[1] for reader in readers]
    counts = [int(wrong.sum()) for wrong in wrongs]
    fitting = [reader for reader, count in zip(readers, counts, strict=True) if count == 0]
    if len(fitting) == 1:
        return fitting[0]
    name = words.name
    if fitting:
        forms = " or ".join(repr(reader.form) for reader in fitting)
        at = first(words.is_not_null())
        raise DataError(
            "day and month cannot be told apart in this column of dates",
            column=name,
            value=words[at],
            fix=f"say which: types={{{name!r}: ...}} with {forms}",
            **place(at),
        )
    at = counts.index(min(counts))
    total = len(words) - words.null_count()
    if not asked and counts[at] > total / 2:
        return None
    wrong = first(wrongs[at])
    raise DataError(
        f"this is no date in the form of the others, {readers[at].form}",
        column=name,
        value=words[wrong],
        fix=f"write all dates in one form; if these are words, types={{{name!r}: 'category'}}",
        **place(wrong),
    )
