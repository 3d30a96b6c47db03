#!/bin/sh
# Makes the topics of an installation, and gives the worker the rights that it needs and no others. Can be repeated.
#   prepare.sh INSTALLATION BROKER ADMIN_PROPERTIES [REPLICAS]
# INSTALLATION: the host in publicUrl. ADMIN_PROPERTIES: how a superuser signs in (client configuration of Kafka).
# KAFKA: the folder with Kafka's own programs, unless they are on the PATH.
set -eu
installation=$1 broker=$2 admin=$3 replicas=${4:-1}
tool() {
  name=$1
  shift
  "${KAFKA:+$KAFKA/}$name" --bootstrap-server "$broker" --command-config "$admin" "$@"
}

for topic in music-session guild-policy key instance tenant credential; do
  tool kafka-topics.sh --create --if-not-exists --topic "bailiwick.$installation.$topic" \
    --partitions 12 --replication-factor "$replicas"
done
# The worker writes and reads the topics, and reads in groups of its own. It makes, changes and deletes nothing.
tool kafka-acls.sh --add --allow-principal User:worker --operation Read --operation Write --operation Describe \
  --resource-pattern-type prefixed --topic "bailiwick.$installation."
tool kafka-acls.sh --add --allow-principal User:worker --operation Read \
  --resource-pattern-type prefixed --group "bailiwick.$installation."
