//! Tagging of whole music libraries: walk, pipeline, records, sinks.
