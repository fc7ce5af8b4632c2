"""What a deploy runs once: numbered SQL in the order of its numbers, then functions/, which may run again."""
