"""What a period's figures say: computed, compared, and put into sentences."""
