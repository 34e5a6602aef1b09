-- After the rows are in: the order in which changes are read, and the clock of each table.
CREATE INDEX nguoi_tham_gia_cap_nhat ON bhxh.nguoi_tham_gia (cap_nhat, id);
CREATE INDEX qua_trinh_cap_nhat ON bhxh.qua_trinh (cap_nhat, id);
CREATE INDEX the_bhyt_cap_nhat ON bhxh.the_bhyt (cap_nhat, id);
CREATE INDEX don_vi_cap_nhat ON bhxh.don_vi (cap_nhat, ma_don_vi);
CREATE TRIGGER cap_nhat BEFORE UPDATE ON bhxh.nguoi_tham_gia FOR EACH ROW EXECUTE FUNCTION bhxh.ghi_cap_nhat();
CREATE TRIGGER cap_nhat BEFORE UPDATE ON bhxh.qua_trinh FOR EACH ROW EXECUTE FUNCTION bhxh.ghi_cap_nhat();
CREATE TRIGGER cap_nhat BEFORE UPDATE ON bhxh.the_bhyt FOR EACH ROW EXECUTE FUNCTION bhxh.ghi_cap_nhat();
CREATE TRIGGER cap_nhat BEFORE UPDATE ON bhxh.don_vi FOR EACH ROW EXECUTE FUNCTION bhxh.ghi_cap_nhat();
GRANT USAGE ON SCHEMA bhxh TO hub_doc;
GRANT SELECT ON ALL TABLES IN SCHEMA bhxh TO hub_doc;
ANALYZE bhxh.nguoi_tham_gia, bhxh.qua_trinh, bhxh.the_bhyt, bhxh.don_vi;
