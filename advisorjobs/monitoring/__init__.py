"""What a process shows of itself and of the queues, to machines that watch it: probes and metrics."""
