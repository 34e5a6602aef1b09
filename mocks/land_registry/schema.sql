-- The land register's own database. `load` drops and makes it again. Every value is text, as the offices typed it.
DROP SCHEMA IF EXISTS dia_chinh CASCADE;
CREATE SCHEMA dia_chinh;

CREATE TABLE dia_chinh.don_vi (
    ma_don_vi text PRIMARY KEY,
    thu_muc   text NOT NULL UNIQUE,
    bang_ma   text NOT NULL CHECK (bang_ma IN ('UTF-8', 'TCVN3'))
);

CREATE TABLE dia_chinh.thua_dat (
    ma_thua      text PRIMARY KEY,
    ma_don_vi    text NOT NULL,
    so_to        text,
    so_thua      text,
    ma_xa_cu     text,
    dia_chi      text,
    dien_tich    text,
    loai_dat     text,
    ma_dinh_danh text
);

CREATE TABLE dia_chinh.gcn (
    ma_gcn       text PRIMARY KEY,
    ma_don_vi    text NOT NULL,
    so_phat_hanh text,
    so_vao_so    text,
    ngay_cap     text,
    chu_su_dung  text,
    so_giay_to   text,
    nam_sinh     text,
    dia_chi_chu  text,
    ma_thua      text,
    dien_tich_cap text,
    muc_dich     text,
    hinh_thuc    text,
    thoi_han     text,
    the_chap     text
);
