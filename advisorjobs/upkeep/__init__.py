"""What keeps the whole in order: work handed out to the firms, tables tended, health looked at, schedules that come along."""
