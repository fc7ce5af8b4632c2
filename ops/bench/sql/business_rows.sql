DROP TABLE IF EXISTS business_rows;
CREATE TABLE business_rows (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, number bigint, name text, at timestamptz DEFAULT now())
