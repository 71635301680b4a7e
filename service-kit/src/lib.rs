//! What every service of the bank needs: settings, Kafka, registry, Postgres, health, metrics, logs, shutdown.
