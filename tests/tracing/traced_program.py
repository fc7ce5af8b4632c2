"""An application with a provider of its own that queues jobs inside its spans."""

from __future__ import annotations

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor

from advisorjobs import app, get_queue_manager

provider = TracerProvider(resource=Resource.create({"service.name": "practice"}))
provider.add_span_processor(SimpleSpanProcessor(OTLPSpanExporter()))
trace.set_tracer_provider(provider)
manager = get_queue_manager().sync
app.publish()
own = {"organization_id": "org-1"}
with trace.get_tracer("practice").start_as_current_span("POST /documents"):
    manager.add_job("critical", "traced:blocking", own)
    manager.add_jobs([{"name": "traced:failing", "payload": own}] * 2)
