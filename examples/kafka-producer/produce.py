import json, sys
from kafka import KafkaProducer

# Each line of the input is a message as POST /messages takes it; the key is its channel.
brokers, topic = sys.argv[1:]
producer = KafkaProducer(bootstrap_servers=brokers.split(","), acks="all")
sent = [
    producer.send(topic, key=json.loads(line)["metadata"]["channel"].encode(), value=line.strip())
    for line in sys.stdin.buffer
]
for one in sent:
    one.get(timeout=60)  # the broker's acknowledgement, or what went wrong
