"""The fault tests at full length, and the same situations against procrastinate's own worker."""
