"""What people do to jobs, queues, organizations and schedules: who may, noted in the audit log, confirmed or undoable."""
