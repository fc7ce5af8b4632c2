-- A firm's bookings of a day or a period, of all its clients: practice_transactions_client_idx has the client before the day.
CREATE INDEX practice_transactions_booked_idx ON practice_transactions (organization_id, booked_on);
