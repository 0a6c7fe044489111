"""Exports to the OTLP endpoint that the standard OTEL_* variables name."""

import logging
import os
import threading

from opentelemetry import metrics, trace
from opentelemetry._logs import set_logger_provider
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk._logs import LoggerProvider, LoggingHandler
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

from boneyard_blog.telemetry.spans import REQUEST_LOGGER

_LOGGERS = ("boneyard_blog", "gunicorn.error", REQUEST_LOGGER)


class Exporters:
    """The providers for traces, metrics and logs of this process, registered with the OpenTelemetry API."""

    def __init__(self):
        os.environ.setdefault("OTEL_SERVICE_NAME", "siteblog")
        resource = Resource.create()
        self._traces = TracerProvider(resource=resource, shutdown_on_exit=False)
        self._traces.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
        trace.set_tracer_provider(self._traces)

        reader = PeriodicExportingMetricReader(OTLPMetricExporter())
        self._metrics = MeterProvider([reader], resource=resource, shutdown_on_exit=False)
        metrics.set_meter_provider(self._metrics)

        self._logs = LoggerProvider(resource=resource, shutdown_on_exit=False)
        self._logs.add_log_record_processor(BatchLogRecordProcessor(OTLPLogExporter()))
        set_logger_provider(self._logs)
        self._handler = LoggingHandler(level=logging.INFO, logger_provider=self._logs)
        logging.getLogger(REQUEST_LOGGER).propagate = False
        for name in _LOGGERS:
            logging.getLogger(name).addHandler(self._handler)
        # Without this, an unreachable endpoint logs an error for every batch.
        logging.getLogger("opentelemetry").setLevel(logging.CRITICAL)

    def flush(self, seconds: float = 0.5) -> None:
        """Send what is waiting, for at most `seconds`: an unreachable endpoint must not delay the end of the process."""
        # At exit Python flushes the handlers that are left, without a time limit.
        for name in _LOGGERS:
            logging.getLogger(name).removeHandler(self._handler)
        self._handler = None
        providers = (self._traces, self._logs, self._metrics)
        threads = [threading.Thread(target=provider.force_flush, daemon=True) for provider in providers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(seconds / len(threads))
