INSERT INTO soak_business VALUES ('not committed yet')
