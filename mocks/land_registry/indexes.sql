-- After the rows are in: a drop reads one district in order of the key.
CREATE INDEX thua_dat_don_vi ON dia_chinh.thua_dat (ma_don_vi, ma_thua);
CREATE INDEX gcn_don_vi ON dia_chinh.gcn (ma_don_vi, ma_gcn);
ANALYZE dia_chinh.don_vi, dia_chinh.thua_dat, dia_chinh.gcn;
