CREATE TABLE soak_business (note text)
