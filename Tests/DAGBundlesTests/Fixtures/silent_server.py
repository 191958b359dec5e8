"""Accepts connections on a free port, which it prints, and never says anything."""
import socket

listener = socket.socket()
listener.bind(("127.0.0.1", 0))
listener.listen(16)
print(listener.getsockname()[1], flush=True)
connections = []
while True:
    connections.append(listener.accept())
