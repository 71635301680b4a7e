#!/usr/bin/env bash
# Writes records.json and partitions.json anew with Java's Avro and Kafka's own client. Needs a JDK of 17 or newer and Maven.
# The tests of the crate compare with these files; a difference after a change of the schemas is meant, any other is a fault.
set -euo pipefail
cd "$(dirname "$0")"

jars=../../target/golden-jars
mvn -q -B dependency:copy-dependencies -DoutputDirectory="$jars"
java -cp "$jars/*" Golden.java ../schemas .
