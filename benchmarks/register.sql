-- The invented register that `motlan bench sync` reads, made by its owner's own database.

-- name: make_register
-- One row in 200 is written in capitals, one in 500 has a birth year that its number contradicts,
-- and one in 5,000 a date that does not exist. Nobody in it exists; the same number of rows gives
-- the same rows. The owner keeps an index on the time of change, as a register that is read by it must.
CREATE SCHEMA dan_cu;
CREATE TABLE dan_cu.cong_dan (
    ma_cd               text PRIMARY KEY,
    so_dinh_danh        text NOT NULL,
    ho_ten              text NOT NULL,
    ngay_sinh           text,
    gioi_tinh           integer,
    dan_toc             text,
    so_cmnd             text,
    tinh_trang_hon_nhan text,
    ma_ho               text,
    ngay_chet           date,
    cap_nhat_luc        timestamptz NOT NULL,
    da_xoa              boolean NOT NULL DEFAULT false
);

-- name: fill_register
INSERT INTO dan_cu.cong_dan
SELECT
    'CD' || lpad(n::text, 9, '0'),
    (ARRAY['022', '031', '030', '001', '024', '027', '033', '034', '035', '036'])[1 + n / 1000000 %% 10]
        || ((year / 100 - 19) * 2 + n %% 2)::text || lpad((year %% 100)::text, 2, '0')
        || lpad((n %% 1000000)::text, 6, '0'),
    CASE WHEN n %% 200 = 0 THEN upper(name) ELSE name END,
    CASE WHEN n %% 5000 = 0 THEN year || '-02-30'
         WHEN n %% 500 = 0 THEN year - 1 || '-' || month_day
         ELSE year || '-' || month_day END,
    1 + n %% 2,
    CASE WHEN n %% 9 = 0 THEN lpad((2 + n %% 50)::text, 2, '0') ELSE '01' END,
    CASE WHEN year < 2000 THEN '1' || lpad((n * 37 %% 100000000)::text, 8, '0') END,
    (ARRAY['chua_ket_hon', 'co_vo_chong', 'co_vo_chong', 'ly_hon', 'goa'])[1 + n / 7 %% 5],
    'HO' || lpad((n / 4)::text, 8, '0'),
    CASE WHEN n %% 60 = 0 THEN date '2015-01-01' + (n %% 3650)::int END,
    timestamptz '2020-01-01 00:00+07' + n * 7919 %% 170000000 * interval '1 second',
    false
FROM (
    SELECT n,
           (1930 + n * 7919 %% 85)::int AS year,
           lpad((1 + n * 31 %% 12)::text, 2, '0') || '-' || lpad((1 + n * 17 %% 28)::text, 2, '0') AS month_day,
           family[1 + n %% 14] || ' ' || middle[1 + n / 14 %% 24] || ' ' || given[1 + n / 5 %% 60] AS name
    FROM generate_series(1::bigint, %(rows)s) AS n, (
        SELECT string_to_array('Nguyễn,Trần,Lê,Phạm,Hoàng,Huỳnh,Phan,Vũ,Võ,Đặng,Bùi,Đỗ,Hồ,Ngô', ',') AS family,
               string_to_array('Văn,Thị,Hữu,Đức,Ngọc,Minh,Quang,Thanh,Thu,Xuân,Kim,Anh,Bảo,Công,Đình,Gia,Hải,Hồng,Khánh,Mai,Như,Phương,Quốc,Tuấn', ',') AS middle,
               string_to_array('An,Bình,Châu,Cường,Dũng,Dương,Đạt,Giang,Hà,Hạnh,Hiền,Hiếu,Hoà,Hoàng,Hùng,Hương,Huy,Khoa,Lan,Linh,Loan,Long,Ly,Mạnh,My,Nam,Nga,Ngân,Nghĩa,Nhung,Oanh,Phát,Phong,Phúc,Quân,Quyên,Sơn,Tâm,Tân,Thảo,Thắng,Thịnh,Thoa,Thuỷ,Thư,Tiến,Toàn,Trang,Trinh,Trung,Tú,Tùng,Tuyết,Uyên,Vân,Việt,Vinh,Vy,Yến,Ý', ',') AS given
    ) AS names
) AS drawn;
CREATE INDEX ON dan_cu.cong_dan (cap_nhat_luc);

-- name: change_register
-- A day of changes, spread over it and over the whole register: a new household each.
UPDATE dan_cu.cong_dan AS person
SET ma_ho = 'HO9' || substr(ma_cd, 5),
    cap_nhat_luc = timestamptz '2025-09-01 00:00+07' + drawn.place * interval '86400 seconds' / %(changed)s
FROM (
    SELECT ma_cd AS key, row_number() OVER (ORDER BY ma_cd) AS place FROM dan_cu.cong_dan
) AS drawn
WHERE key = ma_cd AND place %% greatest(%(rows)s / %(changed)s, 1) = 0
