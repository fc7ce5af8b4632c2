RESET search_path;
RESET check_function_bodies;
DROP SCHEMA advisorjobs_probe CASCADE;
