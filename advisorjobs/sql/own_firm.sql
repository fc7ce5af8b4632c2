SELECT name, language, email, time_zone, now() AS now FROM practice_organizations
