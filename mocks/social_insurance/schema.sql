-- The social insurance register's own database. `load` drops and makes it again. Clocks are naive local time.
DROP SCHEMA IF EXISTS bhxh CASCADE;
CREATE SCHEMA bhxh;

CREATE TABLE bhxh.nguoi_tham_gia (
    id              bigint PRIMARY KEY,
    ma_so_bhxh      text,
    so_dinh_danh    text,
    so_cmnd         text,
    ho_va_ten       text,
    ngay_sinh       text,
    gioi_tinh       text,
    dan_toc         text,
    ma_xa           text,
    huong_luong_huu boolean,
    cap_nhat        timestamp(3) NOT NULL DEFAULT (clock_timestamp() AT TIME ZONE 'Asia/Ho_Chi_Minh')
);

CREATE TABLE bhxh.qua_trinh (
    id        bigint PRIMARY KEY,
    nguoi_id  bigint,
    ma_don_vi text,
    tu_thang  text,
    den_thang text,
    muc_dong  numeric,
    loai      text,
    cap_nhat  timestamp(3) NOT NULL DEFAULT (clock_timestamp() AT TIME ZONE 'Asia/Ho_Chi_Minh')
);

CREATE TABLE bhxh.the_bhyt (
    id          bigint PRIMARY KEY,
    nguoi_id    bigint,
    so_the      text,
    ma_kcb      text,
    gia_tri_tu  date,
    gia_tri_den date,
    du_5_nam    date,
    cap_nhat    timestamp(3) NOT NULL DEFAULT (clock_timestamp() AT TIME ZONE 'Asia/Ho_Chi_Minh')
);

CREATE TABLE bhxh.don_vi (
    ma_don_vi  text PRIMARY KEY,
    ten_don_vi text,
    ma_so_thue text,
    dia_chi    text,
    ma_xa      text,
    cap_nhat   timestamp(3) NOT NULL DEFAULT (clock_timestamp() AT TIME ZONE 'Asia/Ho_Chi_Minh')
);

-- A changed row carries the local time of the change, unless the change itself says when it was.
CREATE FUNCTION bhxh.ghi_cap_nhat() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.cap_nhat = OLD.cap_nhat AND NEW IS DISTINCT FROM OLD THEN
        NEW.cap_nhat := clock_timestamp() AT TIME ZONE 'Asia/Ho_Chi_Minh';
    END IF;
    RETURN NEW;
END $$;
