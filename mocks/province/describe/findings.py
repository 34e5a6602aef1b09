"""What each picture shows, in one sentence in two languages, computed from the figures."""

from collections.abc import Mapping, Sequence
from typing import Any

from mocks.province.describe.words import (
    CARD_OBJECTS,
    SERIES,
    Pair,
    name_band,
    name_people,
    number,
    number_en,
    percent,
    percent_en,
)

Rows = Sequence[dict[str, Any]]


def tell_ages(ages: Rows) -> Pair:
    """How many of a hundred are children, and how many are old."""
    total: int = sum(band["male"] + band["female"] for band in ages)

    def share(low: int, high: int) -> int:
        some: int = sum(b["male"] + b["female"] for b in ages if low <= b["from"] < high)
        return round(100 * some / total)

    young, old = share(0, 15), share(60, 200)
    return (
        f"Trong 100 người có {young} trẻ dưới 15 tuổi và {old} người từ 60 tuổi",
        f"Of 100 people {young} are under 15 and {old} are 60 or older",
    )


def tell_communes(communes: Rows) -> Pair:
    """The largest against the middle one."""
    largest, middle = communes[0], communes[len(communes) // 2]
    times = largest["people"] / max(middle["people"], 1)
    name = f"{largest['type'].lower()} {largest['name']}"
    return (
        f"Đông nhất là {name}, gấp {times:.1f} lần xã, phường ở giữa".replace(".", ","),
        f"{largest['name']} is the largest, {times:.1f} times the middle commune",
    )


def tell_surnames(surnames: Rows) -> Pair:
    """What the three commonest surnames make together."""
    three = surnames[:3]
    names, share = [row["name"] for row in three], sum(row["percent"] for row in three)
    return (
        f"{names[0]}, {names[1]} và {names[2]} là họ của {percent(share, 0)} số dân",
        f"{names[0]}, {names[1]} and {names[2]} name {percent_en(share, 0)} of the people",
    )


def tell_peoples(peoples: Rows) -> Pair:
    """How many peoples, and the share of the two largest."""
    total = sum(row["people"] for row in peoples)
    shares = [100 * row["people"] / total for row in peoples]
    names = [name_people(row["code"]) for row in peoples]
    vi = f"{len(peoples)} dân tộc; {names[0]} chiếm {percent(shares[0])}"
    en = f"{len(peoples)} peoples; the {names[0]} are {percent_en(shares[0])}"
    if len(peoples) > 1:
        vi += f", rồi đến {names[1]} {percent(shares[1])}"
        en += f", then the {names[1]} with {percent_en(shares[1])}"
    return vi, en


def tell_certificates(certificates: Rows) -> Pair:
    """The year of most certificates, and the commonest series."""
    years: dict[int, int] = {}
    series: dict[str, int] = {}
    for row in certificates:
        series[row["series"]] = series.get(row["series"], 0) + row["certificates"]
        if row["year"] is not None:
            years[row["year"]] = years.get(row["year"], 0) + row["certificates"]
    total = sum(series.values())
    best = max(years, key=lambda year: years[year])
    most = max(series, key=lambda name: series[name])
    share = 100 * series[most] / total
    return (
        f"Năm {best} cấp nhiều giấy hơn mọi năm khác; {percent(share, 0)} mang "
        f"số {SERIES[most][0]}",
        f"{best} is the commonest year of issue; {percent_en(share, 0)} are of the "
        f"series {SERIES[most][1]}",
    )


def tell_noise(datasets: Rows) -> Pair:
    """How clean the main dataset of each register is."""
    main = {
        item["dataset"]: 100 * item["clean"] / max(item["rows"], 1)
        for item in datasets
        if item["dataset"] in ("person", "participant", "certificate")
    }
    land, people, insured = main["certificate"], main["person"], main["participant"]
    return (
        f"Không lỗi nào: {percent(people)} dòng công dân, {percent(insured)} người tham gia, "
        f"{percent(land)} giấy chứng nhận",
        f"Nothing wrong with {percent_en(people)} of the people, {percent_en(insured)} of the "
        f"insured and {percent_en(land)} of the certificates",
    )


def tell_kinds(kinds: Rows) -> Pair:
    """How many kinds of noise there are, and how many of them are found."""
    found = [kind for kind in kinds if any(kind["values"].values())]
    values = sum(sum(kind["values"].values()) for kind in kinds if not kind["is_form"])
    writing, linking, wrong = (
        sum(kind["code"].startswith(letter) for kind in found) for letter in ("N", "L", "D")
    )
    return (
        f"{number(values)} lỗi, lỗi nào cũng được ghi lại; {len(found)} trong {len(kinds)} kiểu "
        f"có mặt: {writing} cách ghi, {linking} khó nối, {wrong} sai, thiếu",
        f"{number_en(values)} faults, each written down; {len(found)} of {len(kinds)} kinds "
        f"occur: {writing} of writing, {linking} of linking, {wrong} of what is wrong or missing",
    )


def tell_insured(insured: Rows) -> Pair:
    """The whole, and the band of age that is covered least."""
    people = sum(b["people"] for b in insured)
    total = 100 * sum(b["insured"] for b in insured) / people
    least = min(insured, key=lambda band: band["insured"] / band["people"])
    share = 100 * least["insured"] / least["people"]
    return (
        f"{percent(total)} số dân có bảo hiểm y tế; thấp nhất ở nhóm {name_band(least)} "
        f"tuổi: {percent(share)}",
        f"{percent_en(total)} of the people are insured; fewest of those aged "
        f"{name_band(least)}: {percent_en(share)}",
    )


def tell_cards(cards: Rows) -> Pair:
    """The two commonest objects."""
    total = sum(card["cards"] for card in cards)
    first = cards[0]
    meaning = CARD_OBJECTS.get(first["code"], ("khác", "other"))
    share = 100 * first["cards"] / total
    return (
        f"Thẻ {first['code']} ({meaning[0]}) nhiều nhất: {percent(share)} số thẻ còn hạn có mã",
        f"Cards of {first['code']} ({meaning[1]}) are the most: {percent_en(share)} of the valid "
        "cards with a code",
    )


def tell_births(births: Mapping[str, Rows]) -> Pair:
    """How many times an even day 1 January is, in the registers and in the truth."""
    truth, people, insured = (
        _times_on_first_of_january(births[name])
        for name in ("truth", "population", "social_insurance")
    )
    return (
        f"Ngày 1 tháng 1: đông gấp {people:.1f} lần ngày thường trong dân cư, {insured:.1f} lần "
        f"trong bảo hiểm; thật ra {truth:.1f} lần".replace(".", ","),
        f"1 January is {people:.1f} times an even day in population, {insured:.1f} times in "
        f"insurance, {truth:.1f} times in truth",
    )


def _times_on_first_of_january(births: Rows) -> float:
    total: int = sum(row["people"] for row in births)
    first: int = sum(row["people"] for row in births if (row["month"], row["day"]) == (1, 1))
    return first * 365.2425 / total


def tell_dossiers(dossiers: dict[str, Any]) -> Pair:
    """Filed at another desk than that of the commune of residence."""
    share = 100 * dossiers["elsewhere"] / dossiers["total"]
    return (
        f"{number(dossiers['total'])} hồ sơ trong một ngày; {percent(share)} nộp ngoài xã nơi ở",
        f"{number_en(dossiers['total'])} dossiers in a day; {percent_en(share)} filed outside the "
        "commune of residence",
    )


def tell_events(events: Rows) -> Pair:
    """How much has happened."""
    total = sum(event["events"] for event in events)
    return (
        f"Từ khi được tạo ra, đã có {number(total)} sự kiện",
        f"Since it was made, {number_en(total)} things have happened",
    )
