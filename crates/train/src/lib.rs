//! Datasets, prepared caches, schedules, metrics, checkpoints and run folders.
