SELECT count(*) FROM pgqueuer WHERE id > %(newest)s
