-- The population register's own database. `load` drops and makes it again.
DROP SCHEMA IF EXISTS dan_cu CASCADE;
CREATE SCHEMA dan_cu;

CREATE TABLE dan_cu.cong_dan (
    ma_cd               text PRIMARY KEY,
    so_dinh_danh        text,
    ho_ten              text,
    ten_khac            text,
    ngay_sinh           text,
    gioi_tinh           smallint,
    dan_toc             text,
    so_cmnd             text,
    tinh_trang_hon_nhan text,
    ma_ho               text,
    quan_he_chu_ho      text,
    ngay_chet           date,
    cap_nhat_luc        timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
    da_xoa              boolean NOT NULL DEFAULT false
);

CREATE TABLE dan_cu.ho (
    ma_ho        text PRIMARY KEY,
    chu_ho       text,
    ma_xa        text,
    dia_chi      text,
    cap_nhat_luc timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
    da_xoa       boolean NOT NULL DEFAULT false
);

CREATE TABLE dan_cu.cu_tru (
    ma_ct        text PRIMARY KEY,
    ma_cd        text,
    loai         text,
    ma_xa        text,
    dia_chi      text,
    tu_ngay      text,
    den_ngay     text,
    cap_nhat_luc timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
    da_xoa       boolean NOT NULL DEFAULT false
);

CREATE TABLE dan_cu.quan_he (
    ma_qh            text PRIMARY KEY,
    ma_cd            text,
    loai             text,
    ma_cd_lien_quan  text,
    ho_ten_lien_quan text,
    cap_nhat_luc     timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
    da_xoa           boolean NOT NULL DEFAULT false
);

-- The key's digest number: the first 60 bits of sha256 of its UTF-8 bytes.
CREATE FUNCTION dan_cu.so_bam(khoa text) RETURNS bigint LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN ('x' || substr(encode(sha256(convert_to(khoa, 'UTF8')), 'hex'), 1, 15))::bit(60)::bigint;

-- A changed row carries the moment of the change, unless the change itself says when it was.
CREATE FUNCTION dan_cu.ghi_cap_nhat() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.cap_nhat_luc = OLD.cap_nhat_luc AND NEW IS DISTINCT FROM OLD THEN
        NEW.cap_nhat_luc := clock_timestamp();
    END IF;
    RETURN NEW;
END $$;
