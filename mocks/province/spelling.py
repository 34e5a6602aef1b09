"""What happens to text on its way into registers, as expressions over a column.

Each takes an expression of strings and gives one; `pl.col(LUCK)`, a number from 0 to 1 a row that
the spoiler adds, decides where there is a choice.
"""

import unicodedata
from collections.abc import Mapping

import polars as pl

LUCK = "_luck"
_TONES = "\u0300\u0309\u0303\u0301\u0323"  # grave, hook, tilde, acute, dot below
_VOWELS = "aăâeêioôơuưy"
_TCVN3_LETTERS = {0xA1: "ĂÂÊÔƠƯĐăâêôơưđ", 0xB5: "àảãáạ", 0xBB: "ằẳẵắ", 0xC6: "ặầẩẫấậè"} | {
    0xCE: "ẻẽéẹềểễếệìỉ",
    0xDC: "ĩíịò",
    0xE1: "ỏõóọồổỗốộờởỡớợù",
    0xF1: "ủũúụừửữứựỳỷỹýỵ",
}
_VNI_PLAIN, _VNI_ROOF, _VNI_BREVE = "øûõùï", "àåãáä", "èúüéë"
_LOOK_ALIKES = {"0": "O", "1": "I", "5": "S", "8": "B", "2": "Z", "6": "G"}
_ABBREVIATIONS = {
    "Phường ": "P. ",
    "Thị trấn ": "TT. ",
    "Thành phố ": "TP. ",
    "Thị xã ": "TX. ",
    "Huyện ": "H. ",
    "Xã ": "X. ",
    "Tỉnh ": "",
}


def decompose(text: pl.Expr) -> pl.Expr:
    """The same letters as base letter and combining marks (Unicode NFD)."""
    return text.str.normalize("NFD")


def drop_marks(text: pl.Expr) -> pl.Expr:
    """ "Nguyễn Đình" as typed without a Vietnamese keyboard: "Nguyen Dinh"."""
    bare = text.str.normalize("NFD").str.replace_all(r"\p{M}", "")
    return bare.str.replace_many({"đ": "d", "Đ": "D"})


def move_tones(text: pl.Expr) -> pl.Expr:
    """Hòa -> Hoà, Thủy -> Thuỷ: the other accepted place of the tone mark."""
    apart = text.str.normalize("NFD")
    for first, second in (("o", "a"), ("o", "e"), ("u", "y")):
        apart = apart.str.replace_all(
            rf"([^qQ]){first}([{_TONES}]){second}\b", f"${{1}}{first}{second}${{2}}"
        )
    return apart.str.normalize("NFC")


def has_movable_tone(column: str) -> pl.Expr:
    """Whether `move_tones` would change the text."""
    return pl.col(column).str.contains(r"[^qQ](?:[òóỏõọ][ae]|[ùúủũụ]y)(?: |$)")


def swap_i_and_y(text: pl.Expr) -> pl.Expr:
    """Lý -> Lí, Quý -> Quí, Mỹ -> Mĩ."""
    for old, new in zip("yỳỷỹýỵ", "iìỉĩíị", strict=True):
        text = text.str.replace_all(rf"\b([HKLMSTVhklmstv]|[Qq]u){old}\b", f"${{1}}{new}")
    return text


def has_y(column: str) -> pl.Expr:
    """Whether `swap_i_and_y` would change a word of the text."""
    return pl.col(column).str.contains(r"(?:^| )(?:[HKLMSTVhklmstv]|[Qq]u)[yỳỷỹýỵ](?: |$)")


def write_eth(text: pl.Expr) -> pl.Expr:
    """Đặng -> Ðặng (U+00D0), as real government pages have it."""
    return text.str.replace_all("Đ", "Ð", literal=True)


def space_oddly(text: pl.Expr) -> pl.Expr:
    """A double, a no-break or a zero-width space, a tab, or a dot at the end."""
    lot = pl.col(LUCK) * 2 % 1
    return (
        pl.when(lot < 0.3)
        .then(text.str.replace(" ", "  ", literal=True) + " ")
        .when(lot < 0.5)
        .then(text.str.replace(" ", "\u00a0", literal=True) + "\u00a0")
        .when(lot < 0.7)
        .then(text.str.replace(" ", " \u200b", literal=True) + "\u200b")
        .when(lot < 0.84)
        .then("\t" + text)
        .otherwise(text + ".")
    )


def change_apostrophes(text: pl.Expr) -> pl.Expr:
    """H' -> H’, Hʼ, H` or H´."""
    luck = pl.col(LUCK)
    curly = text.str.replace_all("'", "\u2019", literal=True)
    letter = text.str.replace_all("'", "\u02bc", literal=True)
    grave = text.str.replace_all("'", "`", literal=True)
    acute = text.str.replace_all("'", "\u00b4", literal=True)
    return (
        pl.when(luck < 0.6)
        .then(curly)
        .when(luck < 0.75)
        .then(letter)
        .when(luck < 0.9)
        .then(grave)
        .otherwise(acute)
    )


def abbreviate(address: pl.Expr) -> pl.Expr:
    """ "Phường A, Thành phố B, Tỉnh C" as clerks write it: "P. A, TP. B, C"."""
    return address.str.replace_many(_ABBREVIATIONS)


def type_letter_for_digit(text: pl.Expr) -> pl.Expr:
    """The first digit that looks like a letter becomes it: 022085 -> O22085."""
    found = text.str.extract("([015826])", 1)
    letter = found.replace_strict(_LOOK_ALIKES, default=None)
    place = text.str.find("[015826]")
    changed = text.str.head(place) + letter + text.str.slice(place + 1)
    return pl.when(place.is_null()).then(text).otherwise(changed)


def lose_zero(text: pl.Expr) -> pl.Expr:
    """A spreadsheet read the number as a number."""
    return text.str.strip_chars_start("0")


def flip_digit(text: pl.Expr) -> pl.Expr:
    """A typing error in the last digit but one: 5 apart, so that it is never the number itself."""
    digit = text.str.slice(-2, 1).cast(pl.Int64)
    return text.str.head(-2) + ((digit + 5) % 10).cast(pl.String) + text.str.tail(1)


def show_as_tcvn3(text: pl.Expr) -> pl.Expr:
    """Nguyễn Văn Định -> NguyÔn V¨n §Þnh; capitals with a tone lose their case, as in .VnTimeH."""
    return text.str.replace_many(_TCVN3)


def show_as_vni(text: pl.Expr) -> pl.Expr:
    """Nguyễn Văn Định -> Nguyeãn Vaên Ñònh."""
    return text.str.replace_many(_VNI)


def show_as_cp1258(text: pl.Expr) -> pl.Expr:
    """Written in code page 1258, read in 1252: Định -> Ðiònh."""
    return text.str.replace_many(_CP1258)


def show_as_mojibake(text: pl.Expr) -> pl.Expr:
    """UTF-8 read as code page 1252: Nguyễn -> Nguyá»…n."""
    return text.str.replace_many(_MOJIBAKE)


def mix_encodings(text: pl.Expr) -> pl.Expr:
    """The last word in VNI, what stands before it in TCVN3."""
    head, tail = text.str.extract("^(.* )", 1), text.str.extract("([^ ]+)$", 1)
    return show_as_tcvn3(head) + show_as_vni(tail)


def has_marks(column: str) -> pl.Expr:
    """Whether the text has any letter that ASCII lacks."""
    return pl.col(column).str.contains(r"[^\x00-\x7f]")


def _accented() -> list[tuple[str, str, str]]:
    """(letter, letter without tone, tone) of all Vietnamese letters but đ, both cases."""
    vowels = [vowel for lower in _VOWELS for vowel in (lower, lower.upper())]
    toned = [(v, tone) for v in vowels for tone in ("", *_TONES)]
    return [(unicodedata.normalize("NFC", v + tone), v, tone) for v, tone in toned]


def _build_tcvn3() -> Mapping[str, str]:
    table = {
        letter: chr(start + place)
        for start, letters in _TCVN3_LETTERS.items()
        for place, letter in enumerate(letters)
    }
    table["Ặ"] = table["ặ"]
    capitals = [letter for letter, _, tone in _accented() if tone and letter.isupper()]
    return table | {letter: table[letter.lower()] for letter in capitals}


def _build_vni() -> Mapping[str, str]:
    table = {"đ": "ñ", "ơ": "ô", "ư": "ö", "ị": "ò", "ỉ": "æ", "ĩ": "ó", "ỵ": "î"}
    for letter, vowel, tone in _accented():
        if not letter.islower() or letter in table or vowel == "i" or letter in "aeiouy":
            continue
        bare = unicodedata.normalize("NFD", vowel)
        marks, lone = {"\u0302": (_VNI_ROOF, "â"), "\u0306": (_VNI_BREVE, "ê")}.get(
            bare[1:], (_VNI_PLAIN, "")
        )
        stem = {"ơ": "ô", "ư": "ö"}.get(vowel, bare[0])
        table[letter] = stem + (marks[_TONES.index(tone)] if tone else lone)
    return table | {letter.upper(): text.upper() for letter, text in table.items()}


def _build_cp1258() -> Mapping[str, str]:
    def show(letter: str, vowel: str, tone: str) -> str:
        return "".join(part.encode("cp1258").decode("cp1252") for part in (vowel, tone))

    table = {letter: show(letter, vowel, tone) for letter, vowel, tone in _accented()}
    table |= {"đ": "ð", "Đ": "Ð"}
    return {letter: text for letter, text in table.items() if letter != text}


def _build_mojibake() -> Mapping[str, str]:
    letters = [letter for letter, _, _ in _accented() if not letter.isascii()]
    letters += "đĐñÑčČĕĔĭĬŏŎŭŬ"
    return {letter: "".join(_read_cp1252(byte) for byte in letter.encode()) for letter in letters}


def _read_cp1252(byte: int) -> str:
    """The five bytes that the code page lacks become control characters, as browsers do it."""
    try:
        return bytes([byte]).decode("cp1252")
    except UnicodeDecodeError:
        return chr(byte)


_TCVN3, _VNI = _build_tcvn3(), _build_vni()
_CP1258, _MOJIBAKE = _build_cp1258(), _build_mojibake()
