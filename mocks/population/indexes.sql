-- After the rows are in: the paging order of each list, and the clock of each table.
CREATE INDEX cong_dan_cap_nhat ON dan_cu.cong_dan (cap_nhat_luc, ma_cd);
CREATE INDEX ho_cap_nhat ON dan_cu.ho (cap_nhat_luc, ma_ho);
CREATE INDEX cu_tru_cap_nhat ON dan_cu.cu_tru (cap_nhat_luc, ma_ct);
CREATE INDEX quan_he_cap_nhat ON dan_cu.quan_he (cap_nhat_luc, ma_qh);
CREATE TRIGGER cap_nhat BEFORE UPDATE ON dan_cu.cong_dan FOR EACH ROW EXECUTE FUNCTION dan_cu.ghi_cap_nhat();
CREATE TRIGGER cap_nhat BEFORE UPDATE ON dan_cu.ho FOR EACH ROW EXECUTE FUNCTION dan_cu.ghi_cap_nhat();
CREATE TRIGGER cap_nhat BEFORE UPDATE ON dan_cu.cu_tru FOR EACH ROW EXECUTE FUNCTION dan_cu.ghi_cap_nhat();
CREATE TRIGGER cap_nhat BEFORE UPDATE ON dan_cu.quan_he FOR EACH ROW EXECUTE FUNCTION dan_cu.ghi_cap_nhat();
ANALYZE dan_cu.cong_dan, dan_cu.ho, dan_cu.cu_tru, dan_cu.quan_he;
