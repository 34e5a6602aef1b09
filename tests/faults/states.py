"""What the owners of the three registers hold in state A, and what they do to reach state B.

Nobody in it exists. Every time stamp is written out, so that each run of the tests, and each
process of one, reads the same.
"""

from collections.abc import Mapping
from typing import Final

STATE_A: Final[Mapping[str, str]] = {
    "population": """
INSERT INTO dan_cu.cong_dan (ma_cd, so_dinh_danh, ho_ten, ngay_sinh, gioi_tinh, dan_toc,
                             tinh_trang_hon_nhan, ma_ho, quan_he_chu_ho, cap_nhat_luc)
SELECT 'CD' || lpad(n::text, 3, '0'), '022185' || lpad(n::text, 6, '0'), 'Trần Thị Hoà',
       '1985-07-03', 2, '01', 'co_vo_chong', 'HO1', 'khac',
       timestamptz '2025-07-01 08:00+07' + n * interval '1 second'
FROM generate_series(1, 80) AS n;
UPDATE dan_cu.cong_dan SET ngay_sinh = '1985-02-30', cap_nhat_luc = '2025-07-01 09:00+07'
WHERE ma_cd IN ('CD071', 'CD072', 'CD073');
INSERT INTO dan_cu.ho (ma_ho, chu_ho, ma_xa, dia_chi, cap_nhat_luc)
SELECT 'HO' || n, 'CD00' || n, '06652', 'Tổ ' || n, '2025-07-01 08:00+07'
FROM generate_series(1, 5) AS n;
""",
    "social_insurance": """
INSERT INTO bhxh.nguoi_tham_gia (id, ma_so_bhxh, so_dinh_danh, ho_va_ten, ngay_sinh, gioi_tinh,
                                 ma_xa, huong_luong_huu, cap_nhat)
SELECT n, '22' || lpad(n::text, 8, '0'), '022185' || lpad(n::text, 6, '0'), 'Trần Thị Hòa',
       '03/07/1985', 'Nữ', '06652', false, timestamp '2025-07-01 08:00' + n * interval '1 second'
FROM generate_series(1, 80) AS n;
UPDATE bhxh.nguoi_tham_gia SET ngay_sinh = '30/02/1985', cap_nhat = '2025-07-01 09:00'
WHERE id IN (71, 72, 73);
UPDATE bhxh.nguoi_tham_gia SET ngay_sinh = '1985~07~03', cap_nhat = '2025-07-01 09:00'
WHERE id IN (74, 75);
INSERT INTO bhxh.don_vi (ma_don_vi, ten_don_vi, cap_nhat)
SELECT 'DV' || n, 'Công ty ' || n, '2025-07-01 08:00' FROM generate_series(1, 5) AS n;
""",
    "land_registry": """
INSERT INTO dia_chinh.don_vi (ma_don_vi, thu_muc, bang_ma)
VALUES ('193', '193-ha-long', 'UTF-8'), ('194', '194-mong-cai', 'TCVN3');
INSERT INTO dia_chinh.thua_dat (ma_thua, ma_don_vi, so_to, so_thua, ma_xa_cu, dia_chi, dien_tich,
                                loai_dat)
SELECT 'T' || lpad(n::text, 3, '0'), CASE WHEN n <= 40 THEN '193' ELSE '194' END, '12', n::text,
       '06652', 'Tổ ' || n, '120.5', 'ODT'
FROM generate_series(1, 80) AS n;
UPDATE dia_chinh.thua_dat SET dien_tich = 'rộng' WHERE ma_thua IN ('T031', 'T032', 'T071');
INSERT INTO dia_chinh.gcn (ma_gcn, ma_don_vi, so_phat_hanh, ngay_cap, chu_su_dung, nam_sinh,
                           ma_thua, dien_tich_cap, muc_dich, hinh_thuc)
SELECT 'G' || n, CASE WHEN n <= 5 THEN '193' ELSE '194' END, 'CS 01234' || n, '04/05/2015',
       'Bà Trần Thị Hoà', '1985', 'T00' || n, '120.5', 'ODT', 'Sử dụng riêng'
FROM generate_series(1, 9) AS n;
""",
}
"""Eighty rows a source, of which three break a blocking rule, and a few of a second dataset."""

STATE_B: Final[Mapping[str, str]] = {
    "population": """
UPDATE dan_cu.cong_dan SET ho_ten = 'Lê Thị Mai', cap_nhat_luc = '2025-07-02 08:00+07'
WHERE ma_cd <= 'CD005';
UPDATE dan_cu.cong_dan SET da_xoa = true, cap_nhat_luc = '2025-07-02 08:01+07'
WHERE ma_cd IN ('CD006', 'CD007', 'CD072');
UPDATE dan_cu.cong_dan SET ngay_sinh = '1985-02-28', cap_nhat_luc = '2025-07-02 08:02+07'
WHERE ma_cd = 'CD071';
UPDATE dan_cu.cong_dan SET ngay_sinh = '1985-02-31', cap_nhat_luc = '2025-07-02 08:03+07'
WHERE ma_cd IN ('CD010', 'CD011');
INSERT INTO dan_cu.cong_dan (ma_cd, so_dinh_danh, ho_ten, ngay_sinh, gioi_tinh, dan_toc,
                             tinh_trang_hon_nhan, ma_ho, quan_he_chu_ho, cap_nhat_luc)
SELECT 'CD' || lpad(n::text, 3, '0'), '022185' || lpad(n::text, 6, '0'), 'Phạm Thị Lan',
       '1985-07-03', 2, '01', 'chua_ket_hon', 'HO2', 'khac', '2025-07-02 08:04+07'
FROM generate_series(81, 120) AS n;
UPDATE dan_cu.cong_dan SET ngay_sinh = '', cap_nhat_luc = '2025-07-02 08:05+07'
WHERE ma_cd = 'CD090';
UPDATE dan_cu.ho SET dia_chi = 'Khu 2', cap_nhat_luc = '2025-07-02 08:00+07' WHERE ma_ho = 'HO1';
""",
    "social_insurance": """
UPDATE bhxh.nguoi_tham_gia SET ho_va_ten = 'Lê Thị Mai', cap_nhat = '2025-07-02 08:00'
WHERE id <= 5;
DELETE FROM bhxh.nguoi_tham_gia WHERE id IN (6, 7, 72);
UPDATE bhxh.nguoi_tham_gia SET ngay_sinh = '28/02/1985', cap_nhat = '2025-07-02 08:02'
WHERE id = 71;
UPDATE bhxh.nguoi_tham_gia SET ngay_sinh = '31/02/1985', cap_nhat = '2025-07-02 08:03'
WHERE id IN (10, 11);
INSERT INTO bhxh.nguoi_tham_gia (id, ma_so_bhxh, so_dinh_danh, ho_va_ten, ngay_sinh, gioi_tinh,
                                 ma_xa, huong_luong_huu, cap_nhat)
SELECT n, '22' || lpad(n::text, 8, '0'), '022185' || lpad(n::text, 6, '0'), 'Phạm Thị Lan',
       '03/07/1985', 'Nữ', '06652', false, '2025-07-02 08:04'
FROM generate_series(81, 120) AS n;
UPDATE bhxh.don_vi SET ten_don_vi = 'Công ty Đỏ', cap_nhat = '2025-07-02 08:00'
WHERE ma_don_vi = 'DV1';
""",
    "land_registry": """
UPDATE dia_chinh.thua_dat SET dien_tich = '99.5' WHERE ma_thua IN ('T001', 'T002', 'T041');
DELETE FROM dia_chinh.thua_dat WHERE ma_thua IN ('T003', 'T032', 'T042');
UPDATE dia_chinh.thua_dat SET dien_tich = '31' WHERE ma_thua = 'T031';
UPDATE dia_chinh.thua_dat SET dien_tich = 'hẹp' WHERE ma_thua IN ('T010', 'T050');
INSERT INTO dia_chinh.thua_dat (ma_thua, ma_don_vi, so_to, so_thua, ma_xa_cu, dien_tich, loai_dat)
SELECT 'T' || lpad(n::text, 3, '0'), CASE WHEN n <= 100 THEN '193' ELSE '194' END, '13', n::text,
       '06652', '60', 'ODT'
FROM generate_series(81, 120) AS n;
UPDATE dia_chinh.gcn SET the_chap = 'có' WHERE ma_gcn = 'G1';
""",
}
"""Rows altered, ended, mended, broken and added: each of the ledger's words but superseded."""
