"""The test to read first: one invented citizen, from three source systems to a prefilled dossier.

Bà Trần Thị Hoà lives in Hạ Long, is insured there, and owns a house with her husband. The three
registers spell her differently; nobody in the hub corrects them, and the desk still gets one
person.
"""

from pathlib import Path
from typing import Any

import httpx
import psycopg
from three_sources import ThreeSources, serve_lookup

from cli.pipeline import build_golden, load_batch, run_sync
from expectations.judge import judge_batch
from warehouse.landing import LandedBatch
from warehouse.ledger import get_batch
from warehouse.publish import publish_batch

PIN, OLD_NUMBER = "022185000123", "100987654"


PERSON = {"gioi_tinh": 2, "dan_toc": "01", "tinh_trang_hon_nhan": "co_vo_chong"}
UNREADABLE = {"so_dinh_danh": "022185000124", "ho_ten": "Trần Thị Sai", "ngay_sinh": "1985-02-30"}
SOURCE_ROWS: list[tuple[str, str, dict[str, Any]]] = [
    (
        "population",
        "dan_cu.cong_dan",
        {"ma_cd": "CD1", "so_dinh_danh": PIN, "so_cmnd": OLD_NUMBER, "ho_ten": "TRẦN  THỊ HOÀ"}
        | {"ngay_sinh": "1985-07-03"}
        | PERSON,
    ),
    ("population", "dan_cu.cong_dan", {"ma_cd": "CD2"} | UNREADABLE | PERSON),
    (
        "population",
        "dan_cu.cu_tru",
        {"ma_ct": "CT1", "ma_cd": "CD1", "loai": "thuong_tru", "ma_xa": "06652"},
    ),
    ("population", "dan_cu.ho", {"ma_ho": "HO1", "chu_ho": "CD1", "ma_xa": "06652"}),
    ("population", "dan_cu.quan_he", {"ma_qh": "QH1", "ma_cd": "CD1", "loai": "vo_chong"}),
    (
        "social_insurance",
        "bhxh.nguoi_tham_gia",
        {"id": 1, "ma_so_bhxh": "2201234567", "so_dinh_danh": PIN, "ho_va_ten": "Trần Thị Hòa"}
        | {"ngay_sinh": "1985", "huong_luong_huu": False},
    ),
    ("social_insurance", "bhxh.qua_trinh", {"id": 1, "nguoi_id": 1, "tu_thang": "2015-03"}),
    (
        "social_insurance",
        "bhxh.the_bhyt",
        {"id": 1, "nguoi_id": 1, "so_the": "GD4222201234567", "gia_tri_tu": "2026-01-01"},
    ),
    ("social_insurance", "bhxh.don_vi", {"ma_don_vi": "DV1", "ten_don_vi": "Công ty Một"}),
    (
        "land_registry",
        "dia_chinh.don_vi",
        {"ma_don_vi": "193", "thu_muc": "193-ha-long", "bang_ma": "TCVN3"},
    ),
    (
        "land_registry",
        "dia_chinh.thua_dat",
        {"ma_thua": "T1", "ma_don_vi": "193", "so_to": "12", "so_thua": "7", "ma_xa_cu": "06652"}
        | {"dien_tich": "120.5", "loai_dat": "ODT"},
    ),
    (
        "land_registry",
        "dia_chinh.gcn",
        {"ma_gcn": "G1", "ma_don_vi": "193", "so_phat_hanh": "CS 012345", "ngay_cap": "04/05/2015"}
        | {"chu_su_dung": "Ông Lê Văn Nam và vợ là bà Trần Thị Hòa", "nam_sinh": "1983; 1985"}
        | {"so_giay_to": f"100111222; {OLD_NUMBER}", "ma_thua": "T1", "dien_tich_cap": "120.5"}
        | {"muc_dich": "ODT", "hinh_thuc": "Sử dụng riêng"},
    ),
]
"""State 0: each owner keeps her in its own words, and one row that nobody can read."""


def test_one_citizen_travels_through_all_six_states(
    three_sources: ThreeSources, warehouse: Any, home: Path
) -> None:
    for source, table, row in SOURCE_ROWS:
        three_sources.write(source, table, **row)
    three_sources.drop_files()

    # 1 landed: verbatim, and encrypted.
    batch_id = load_batch("population.person")
    assert batch_id is not None
    landed = LandedBatch.open(get_batch(batch_id).landed_url)
    assert landed.read_row(0, 0)["ho_ten"] == "TRẦN  THỊ HOÀ"
    assert landed.manifest.rows == 2
    assert all(PIN.encode() not in file.read_bytes() for file in Path(landed.url).iterdir())

    # 2 standard: in the hub's terms, repairs flagged, nothing rewritten for taste.
    staged = "SELECT full_name, full_name_key, birth_date, flags, unreadable FROM stage.{}"
    assert rows(warehouse, staged.format(f"population__person__b{batch_id} ORDER BY 1")) == [
        (
            "TRẦN THỊ HOÀ",
            "tran thi hoa",
            "1985-07-03",
            ["CAPS:full_name", "SPACES:full_name"],
            None,
        ),
        ("Trần Thị Sai", "tran thi sai", None, [], ["birth_date"]),
    ]

    # 3 judged: the row that cannot be read goes to quarantine whole, with rule, reason and owner.
    judge_batch(batch_id)
    outcome = publish_batch(batch_id)
    assert (outcome.read, outcome.accepted, outcome.quarantined) == (2, 1, 1)
    quarantined = "SELECT record_id, rule_id, owner FROM quality.quarantined_row"
    assert rows(warehouse, quarantined) == [
        ("CD2", "population.person.birth_date.readable", "population-data-desk")
    ]

    # 4 linked: insurance by the personal number and a name, land by the old 9-digit number.
    for source in ("population", "social_insurance", "land_registry"):
        run_sync(source)
    build_golden()
    members = "SELECT stream, record_id, part, rung FROM link.cluster_member ORDER BY rung"
    assert rows(warehouse, members) == [
        ("population.person", "CD1", 0, 0),
        ("social_insurance.participant", "1", 0, 1),
        ("land_registry.certificate", "G1", 2, 2),
    ]

    # 5 golden: population wins the name; tone marks and a bare year are no conflict.
    document = rows(warehouse, "SELECT document FROM golden.person")[0][0]
    assert document["full_name"]["value"] == "TRẦN THỊ HOÀ"
    assert document["birth_date"]["verdict"] == "known"
    assert [item["serial"] for item in document["certificates"]["value"]] == ["CS 012345"]

    # 6 looked up: a desk names her as her card does, and need not ask for the certificate.
    card = {"pin": PIN, "full_name": "Trần Thị Hoà", "birth_date": "1985-07-03"}
    with serve_lookup(home) as desk:
        answer = prefill(desk, card)
        stranger = prefill(desk, card | {"birth_date": "1985-07-04"})
    assert answer["fields"]["full_name"]["value"] == "TRẦN THỊ HOÀ"
    assert answer["fields"]["certificates"]["source"] == "land_registry"
    brought = {document["id"]: document["action"] for document in answer["documents"]}
    assert brought["dwelling"] == "not_needed"
    assert stranger["code"] == "no_corroborated_person"
    audited = "SELECT kind, outcome FROM audit.entry WHERE kind <> 'token' ORDER BY entry_id"
    assert [outcome for _, outcome in rows(warehouse, audited)][-1] == "no_match"


def prefill(desk: httpx.Client, person: dict[str, str]) -> dict[str, Any]:
    """Ask for one prefilled dossier."""
    question = {
        "request_id": f"00000000-0000-4000-8000-0000000000{person['birth_date'][-2:]}",
        "procedure_code": "1.004222",
        "dossier_code": f"H49.12-260930-00{person['birth_date'][-2:]}",
        "officer_id": "cb.001",
        "person": person,
    }
    answer: dict[str, Any] = desk.post("/v1/prefill", json=question).json()
    return answer


def rows(warehouse: Any, query: str) -> list[tuple[Any, ...]]:
    """What the warehouse holds, as its owner sees it."""
    with warehouse.connect() as connection:
        connection.row_factory = psycopg.rows.tuple_row
        return list(connection.execute(query).fetchall())
