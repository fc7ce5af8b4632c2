-- Functions may call each other in any order of their files; what they call is looked up when they run.
SET LOCAL check_function_bodies = off
